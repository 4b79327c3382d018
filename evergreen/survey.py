"""What `python -m container.survey` finds in a file, as the proposal of a contract reads it."""

from typing import Literal

from evergreen.columns import ColumnType
from evergreen.metrics import Task
from evergreen.strict import Strict

MOST_VALUES = 101  # of a column's most frequent values that a survey lists: one more than a multiclass target may have


class Leak(Strict):
    """Why a column is suspected to be known only after what it is to predict."""

    kind: Literal["alone", "value", "later"]  # predicts alone; one value decides; a time after the row's own
    words: str


class ColumnSurvey(Strict):
    """One column of the file; its values are as the file has them, without blanks around them."""

    name: str
    type: ColumnType
    missing: int
    distinct: int  # values that are not missing
    values: tuple[tuple[str, int], ...] = ()  # the most frequent ones, with their counts
    least: str | None = None
    most: str | None = None
    fractions: bool = False  # a number that is not always whole
    increasing: bool = False  # each value is greater than the one in the row before
    formats: tuple[str, ...] = ()
    ambiguous: bool = False  # dates that could be day-first or month-first
    misfits: int = 0  # rows with a value that is not of the type
    misfit: str | None = None  # one of them
    leak: Leak | None = None


class Survey(Strict):
    """One file."""

    rows: int
    malformed: int  # records that are not as wide as the header, or broken
    delimiter: str
    encoding: str
    decimal: Literal[".", ","]
    columns: tuple[ColumnSurvey, ...]
    doubled: tuple[str, ...] = ()  # names that the header has twice, or twice but for case: the first one is surveyed
    unnamed: int = 0  # columns without a name
    task: Task


class TargetUnfit(ValueError):
    """The target cannot be learned as it is; says why and what to do."""


def task_of(target: ColumnSurvey, asked: Task | None = None) -> Task:
    """The task that suits a target column. Raises TargetUnfit."""
    name = repr(target.name)
    if asked == "time_to_event":
        raise TargetUnfit(
            "a contract for an event log cannot be proposed: its queries are yours to write; "
            "copy datasets/next_purchase and see docs/contract.md"
        )
    if not target.distinct:
        raise TargetUnfit(f"the target {name} has no values: there is nothing to learn")
    if target.distinct == 1:
        raise TargetUnfit(f"the target {name} is always {target.values[0][0]!r}: there is nothing to learn")
    numeric = target.type in ("integer", "number")
    if asked == "regression" and not numeric:
        raise TargetUnfit(f"the target {name} is {target.type}, and regression needs numbers: leave out --task")
    if asked == "binary" and target.distinct != 2:
        raise TargetUnfit(f"the target {name} has {target.distinct:,} values, and binary needs two: leave out --task")
    if asked == "multiclass" and target.distinct > 100:
        raise TargetUnfit(f"the target {name} has {target.distinct:,} values; multiclass takes up to 100")
    if asked is None:
        asked = _task(target, numeric)
    if asked != "regression" and (target.fractions or target.type == "timestamp"):
        raise TargetUnfit(f"the target {name} holds numbers with fractions or times: pass --task regression")
    return asked


def _task(target: ColumnSurvey, numeric: bool) -> Task:
    if target.type == "timestamp":
        raise TargetUnfit(
            f"the target {target.name!r} is a time; predict a number, such as the days until then, or a category"
        )
    if numeric and (target.fractions or target.distinct > 20):
        return "regression"
    if target.distinct == 2:
        return "binary"
    if target.distinct <= 100:
        return "multiclass"
    raise TargetUnfit(
        f"the target {target.name!r} has {target.distinct:,} different texts: give a column of numbers, "
        "or one of at most 100 categories"
    )
