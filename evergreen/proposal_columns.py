"""What part each column of a surveyed file plays, and what its owner should look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from evergreen.survey import ColumnSurvey, Survey

_ID_ENDINGS = ("id", "no", "nr", "number", "key", "code", "index", "udi", "uuid", "guid")
_AFTERWARDS = (
    "failure",
    "failed",
    "churned",
    "outcome",
    "result",
    "closed",
    "cancel",
    "refund",
    "end_date",
    "enddate",
    "resolution",
    "resolved",
    "returned",
    "actual",
    "final",
    "settled",
    "paid",
    "target",
    "label",
)
_FEWEST_ROWS = 20  # for saying that every row has another value
_MANY_TEXTS = 0.5


class Role(StrEnum):
    """What a column is for."""

    TARGET = "target"
    ENTITY = "entity"
    TIME = "time"
    FEATURE = "feature"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Part:
    """One column's role, why it is left out, and what to look at."""

    column: ColumnSurvey
    role: Role
    why: str = ""
    warning: str = ""


def parts(survey: Survey, target: str, entity: str | None, time: str | None) -> list[Part]:
    """Every column with its role, in the order of the file."""
    given = {target: Role.TARGET, entity: Role.ENTITY, time: Role.TIME}
    return [
        Part(column, given[column.name]) if column.name in given else _part(column, survey.rows)
        for column in survey.columns
    ]


def _part(column: ColumnSurvey, rows: int) -> Part:
    if column.leak:
        warning = (
            f"{column.name!r} {column.leak.words}: probably known only afterwards, so it is left out. "
            "If it is known when predictions are made, delete its `feature: false`."
        )
        return Part(column, Role.LEFT_OUT, f"{column.leak.words}: known only afterwards?", warning)
    if why := _says_nothing(column, rows):
        return Part(column, Role.LEFT_OUT, why)
    word = next((word for word in _AFTERWARDS if word in column.name.casefold().replace(" ", "_")), None)
    if word:
        warning = (
            f"{column.name!r} sounds like something known only afterwards ({word!r}); it is a feature. "
            "If it is not known when predictions are made, give it `feature: false`."
        )
        return Part(column, Role.FEATURE, warning=warning)
    return Part(column, Role.FEATURE)


def _says_nothing(column: ColumnSurvey, rows: int) -> str:
    """Why nothing can be learned from the column; empty when something can."""
    if column.distinct == 0:
        return "has no values"
    if column.distinct == 1 and not column.missing:
        return f"always {column.values[0][0]!r}"
    return _names_a_row(column, rows) if rows >= _FEWEST_ROWS else ""


def _names_a_row(column: ColumnSurvey, rows: int) -> str:
    unique = is_unique(column, rows)
    if unique and column.type == "text":
        return "another text in every row: a name, not a feature"
    if unique and column.type == "integer" and (column.increasing or _named_like_an_id(column.name)):
        return "another number in every row: a name, not a feature"
    if column.type == "text" and column.distinct > _MANY_TEXTS * rows:
        return f"{column.distinct:,} texts in {rows:,} rows: free text, not categories"
    return ""


def is_unique(column: ColumnSurvey, rows: int) -> bool:
    """Whether every row has a value, and each another."""
    return not column.missing and column.distinct == rows


def _named_like_an_id(name: str) -> bool:
    return name.casefold().replace("_", " ").split(" ")[-1].endswith(_ID_ENDINGS)


def entity_candidates(survey: Survey, target: str) -> list[str]:
    """Columns that could name what a row is about."""
    return [
        column.name
        for column in survey.columns
        if column.name != target and column.type in ("text", "integer") and is_unique(column, survey.rows)
    ]


def warnings(survey: Survey, found: list[Part]) -> Iterator[str]:
    """What the owner of the file should look at, in sentences; leaks first."""
    yield from (part.warning for part in found if part.warning)
    for column in (part.column for part in found):
        if column.ambiguous:
            yield (
                f"The dates of {column.name!r} could be day-first or month-first; {column.formats[0]!r} is a guess. "
                "Check `formats`."
            )
        if column.misfits:
            kind = "a time in this format" if column.type == "timestamp" else f"of type {column.type}"
            yield (
                f"{column.misfits:,} rows have a value such as {column.misfit!r} in {column.name!r}, which is not "
                f"{kind}: they will be rejected. Empty such values, or make the column text."
            )
    if survey.malformed:
        yield f"{survey.malformed:,} records are broken or not as wide as the header: they will be rejected."
    if survey.doubled:
        names = ", ".join(map(repr, survey.doubled))
        yield f"The header has {names} twice, or twice but for upper and lower case; only the first of each is used."
    if survey.unnamed:
        yield f"{survey.unnamed} columns have no name in the header; they are not used."
