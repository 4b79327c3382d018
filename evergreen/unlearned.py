"""What is to be unlearned: a source, or a run, whose rows no further run learns from."""

import re
from datetime import datetime

from pydantic import Field

from evergreen.requests import identity
from evergreen.runs import dataset_of
from evergreen.strict import Strict

_URI = re.compile(r"^s3://[^/]+/.+")


class Unlearned(Strict):
    """One source that is left out, by whose word and why."""

    what: str  # s3:// URI of a dropped file or an inference log, or a run id: all that the run took in
    reason: str = Field(min_length=1)
    by: str
    at: datetime

    @property
    def unlearned_id(self) -> str:
        """The same for the same source."""
        return identity("unlearned", self.what)


def check_source(uri: str) -> str:
    """The URI of a source. Raises ValueError when it is none."""
    if not _URI.match(uri):
        raise ValueError(f"{uri!r} is no URI like s3://bucket/inference/line_yield/2026-11-25.csv")
    return uri


def check_run(dataset: str, run_id: str) -> str:
    """A run of the data set. Raises ValueError when it is none."""
    if dataset_of(run_id) != dataset:
        raise ValueError(f"{run_id} is a run of {dataset_of(run_id)}, not of {dataset}")
    return run_id
