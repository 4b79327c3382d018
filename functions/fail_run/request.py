"""What the workflow asks of FailRun."""

from evergreen.failures import TaskError
from evergreen.strict import Strict


class Request(Strict):
    """The run, and the error as Step Functions caught it."""

    dataset: str
    run_id: str
    error: TaskError
