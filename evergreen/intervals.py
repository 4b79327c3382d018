"""Between which numbers the true one lies, in most cases: as far as a model was off on rows it had not learned from."""

from bisect import bisect_right
from itertools import pairwise

from pydantic import model_validator

from evergreen.metrics import Task
from evergreen.strict import Strict

WITH_INTERVAL: tuple[Task, ...] = ("regression", "time_to_event")  # tasks that predict numbers


class PredictionInterval(Strict):
    """How far above and below a prediction the truth was, in bands of predictions: few are as sure as others."""

    level: float  # in so many of all cases, as a share, the truth lies within
    above: tuple[float, ...] = ()  # where the second band begins, the third, …
    low: tuple[float, ...]  # of each band: what is added to a prediction, mostly below 0
    high: tuple[float, ...]
    least: float | None = None  # beyond which the truth cannot be
    most: float | None = None
    rows: int  # that it was measured on

    @model_validator(mode="after")
    def _bands_fit_together(self) -> "PredictionInterval":
        if not len(self.above) + 1 == len(self.low) == len(self.high):
            raise ValueError(f"{len(self.low)} and {len(self.high)} bands, and {len(self.above)} places between them")
        if any(second <= first for first, second in pairwise(self.above)):
            raise ValueError("bands must be in order")
        return self

    def around(self, prediction: float) -> tuple[float, float]:
        """Its lower and its upper end."""
        band = bisect_right(self.above, prediction)
        return self._possible(prediction + self.low[band]), self._possible(prediction + self.high[band])

    def _possible(self, end: float) -> float:
        end = end if self.least is None else max(end, self.least)
        return end if self.most is None else min(end, self.most)


class CheckedInterval(PredictionInterval):
    """The same, and how often it held on the hold-out."""

    coverage: float  # the share of judged rows whose truth lay within
    judged_rows: int
    width: float  # the median, in units of the target
