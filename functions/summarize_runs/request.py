"""What `retrain_many` asks of SummarizeRuns."""

from typing import Any

from evergreen.results import RunResult
from evergreen.strict import Strict


class Request(Strict):
    """The execution, what it was started with, and how each run went."""

    execution_id: str
    asked: Any
    results: tuple[RunResult, ...]
