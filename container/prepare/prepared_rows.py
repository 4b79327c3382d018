"""What both shapes of data become: rows with features, a target, a part and whether they are to be scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import duckdb

from container.prepare.engine import quoted
from container.signature import AS_OF, Feature

Part = Literal["train", "validation", "holdout"]
PARTS: tuple[Part, ...] = ("train", "validation", "holdout")
# A header is one line, so no column can have a name with a line feed.
PART, SCORED, ORDER = '"\npart"', '"\nscored"', '"\norder"'
AUDIT, COLLECTED = '"\naudit"', '"\ncollected"'  # of contracts that learn from recent items
LEARNED, TO_SCORE = f"{PART} IN ('train', 'validation')", SCORED


class Unusable(Exception):
    """The data allows no model; says why, in words."""


class Poisoned(Unusable):
    """Some row spoils the data as a whole; as long as it is in the history, no run can use it."""


@dataclass(frozen=True)
class Counts:
    """Rows of one part, those of them with a target, and how many different targets."""

    rows: int
    labelled: int
    targets: int


@dataclass(frozen=True)
class PreparedRows:
    """All rows of a run: entity, AS_OF, the features, the target as a number, PART, SCORED and ORDER."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    entity: str
    features: tuple[Feature, ...]
    target: str
    split: str  # the rule, in words
    meaning: Mapping[str, str | int | None]  # all that gives the columns their meaning, for the features' hash
    classes: tuple[str, ...] = ()
    class_rows: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()  # sentences about rows that are neither learned from nor judged by
    slices: tuple[str, ...] = ()  # columns beside the features, by whose values hold-out rows are told apart
    holdout_from: str | None = None  # of a split by time
    drawn: str = ""  # SQL over the history's columns: the part that a row would have if it got a label
    recent_holdout: bool = False
    holdout: str = ""  # which rows judge, in words, where that is not always the same

    @property
    def columns(self) -> list[str]:
        """What prepared Parquet files hold."""
        return [self.entity, AS_OF, *(feature.name for feature in self.features), self.target]

    def count(self, where: str) -> Counts:
        """Count the rows that fulfil a condition."""
        target = quoted(self.target)
        query = f"SELECT COUNT(*), COUNT({target}), COUNT(DISTINCT {target}) FROM {self.relation} WHERE {where}"
        return Counts(*self.connection.execute(query).fetchall()[0])


def in_part(part: Part) -> str:
    """SQL for the rows of one part."""
    return f"{PART} = '{part}'"
