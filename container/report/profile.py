"""The profile of a run's data, `profile.json`: a summary of every column, and bins by which other rows can be counted.

A number has two sets of bins, which are written as their upper edges. Between its deciles the champion has a tenth of
its rows each, so drift is judged there; steps of equal width are for a picture. Text, truth values and whole numbers
with few values have one bin per value. Every set ends with a bin for all that the others do not hold.
"""

from typing import Annotated, Literal

from pydantic import Field

from evergreen.columns import ColumnType
from evergreen.strict import Strict

SHOWN_VALUES = 20  # the values of a category that have bins of their own when drift is judged
LEVELS = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)


class Numbers(Strict):
    """A numeric column that has values."""

    kind: Literal["numbers"] = "numbers"
    min: float
    mean: float
    max: float
    quantiles: tuple[float, ...]  # at LEVELS
    edges: tuple[float, ...]  # below the smallest value, the deciles, the largest value; each one once
    steps: tuple[float, ...]  # of equal width, from the first to the last of the quantiles

    @property
    def median(self) -> float:
        return self.quantiles[LEVELS.index(0.5)]


class Categories(Strict):
    """A column of values that stand for themselves; without any where the column is empty."""

    kind: Literal["categories"] = "categories"
    values: tuple[str, ...]  # the most frequent first
    complete: bool  # whether these are all its values


class Times(Strict):
    """A timestamp column that has values."""

    kind: Literal["times"] = "times"
    first: str
    last: str
    unit: Literal["day", "month", "year"]
    periods: dict[str, int]  # rows by the first day of each unit that has any


Shape = Numbers | Categories | Times


class Tally(Strict):
    """Rows by the bins of one column."""

    missing: int
    counts: tuple[int, ...] = ()  # by edges, or by values
    steps: tuple[int, ...] = ()  # by steps


class ColumnProfile(Strict):
    """What one column holds."""

    type: ColumnType
    distinct: int  # estimated
    shape: Annotated[Shape, Field(discriminator="kind")]
    tally: Tally


class Profile(Strict):
    """profile.json: the raw, typed columns of all the rows that a run uses."""

    rows: int
    columns: dict[str, ColumnProfile]


class Counts(Strict):
    """Other rows, by the bins of a profile's columns."""

    rows: int
    columns: dict[str, Tally]
