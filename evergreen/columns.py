"""What a dropped file must look like: its columns, their types and rules, and how its text is to be read."""

import math
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evergreen.column_names import MOST_COLUMNS, wrong_names
from evergreen.strict import Strict

ColumnType = Literal["text", "integer", "number", "boolean", "timestamp"]
Bound = Annotated[int | float | date | datetime, Field(union_mode="smart")]
NAME_PATTERN = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"


class Column(Strict):
    """One column of the dropped files: its type, what its values must be, and what else it may be called."""

    type: ColumnType = Field(description="What the text of a value stands for.")
    required: bool = Field(default=False, description="A row without a value here is rejected.")
    unique: bool = Field(default=False, description="A row whose value an earlier row of the file has is rejected.")
    min: Bound | None = Field(default=None, description="Smallest value of a number or timestamp; it may be reached.")
    max: Bound | None = Field(default=None, description="Largest value of a number or timestamp; it may be reached.")
    allowed: tuple[str, ...] = Field(default=(), description="The only values of a text or integer column, as text.")
    pattern: str | None = Field(
        default=None, description="Regular expression (RE2) that a text value must match from start to end."
    )
    aliases: tuple[str, ...] = Field(default=(), description="Other header names that mean this column.")
    formats: tuple[str, ...] = Field(
        default=(),
        description="strptime formats of a timestamp; the one that fits most of a file counts for all of it. "
        "Without any, the format is inferred, and a file whose dates could be day-first or month-first is refused.",
    )
    feature: bool = Field(
        default=True,
        description="Whether a model may learn from the column; false for what leaks the target or names a row. "
        "Like the target, such a column of a table may be absent from a file, unless it is required.",
    )

    @model_validator(mode="after")
    def _rules_fit_the_type(self) -> "Column":
        ordered = self.type in ("integer", "number", "timestamp")
        for name, given, fits, of in (
            ("min", self.min is not None, ordered, "integer, number or timestamp"),
            ("max", self.max is not None, ordered, "integer, number or timestamp"),
            ("allowed", bool(self.allowed), self.type in ("text", "integer"), "text or integer"),
            ("pattern", self.pattern is not None, self.type == "text", "text"),
            ("formats", bool(self.formats), self.type == "timestamp", "timestamp"),
        ):
            if given and not fits:
                raise ValueError(f"{name} is for columns of type {of}, and this one is of type {self.type}")
        bounds = [each for each in (self.min, self.max) if each is not None]
        for bound in bounds:
            if isinstance(bound, float) and not math.isfinite(bound):
                raise ValueError(f"min and max are each a finite number, not {bound}: leave out what has no bound")
            if isinstance(bound, date) != (self.type == "timestamp"):
                kind = "a date" if self.type == "timestamp" else "a number"
                raise ValueError(f"min and max of a column of type {self.type} are each {kind}, not {bound}")
        return self


class RowRule(Strict):
    """One more thing that every row must fulfil, across columns."""

    name: str = Field(pattern=NAME_PATTERN, description="What the rule is called in rejections and counts.")
    sql: str = Field(description="DuckDB expression over the typed columns; a row for which it is false is rejected.")
    reason: str = Field(description="What a rejected row's owner is told: what is wrong, and what would be right.")


class Input(Strict):
    """What a dropped file must look like, and what dropping it means."""

    arrives: Literal["append", "replace"] = Field(
        default="append",
        description="append: an event log, new rows join the history, and rows that it has already change nothing. "
        "replace: a snapshot, the newest accepted file is all the data there is.",
    )
    key: tuple[str, ...] = Field(
        default=(),
        description="Columns by which append knows a row again; the first row of a key stays, "
        "unless it has no label and a later one has. "
        "Without them the whole row is the key.",
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="What separates values; without it, what the header shows."
    )
    encoding: Literal["utf-8", "utf-16", "cp1252", "latin-1"] | None = Field(
        default=None, description="The text's encoding; without it, what the bytes show beyond doubt."
    )
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of numbers.")
    columns: dict[str, Column] = Field(
        min_length=1, max_length=MOST_COLUMNS, description="Every column that a file must have, by name."
    )
    rules: tuple[RowRule, ...] = Field(default=(), description="Rules across columns.")
    reject_file_above: float = Field(
        default=0.5, ge=0, le=1, description="A file with a larger share of rejected rows is refused whole."
    )
    max_bytes: int = Field(
        default=20_000_000_000, gt=0, description="A file that holds more bytes than this, once unpacked, is refused."
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> "Input":
        wrong = list(wrong_names({name: column.aliases for name, column in self.columns.items()}))
        if wrong:
            raise ValueError("\n".join(wrong))
        if self.key and self.arrives == "replace":
            raise ValueError("key is for arrives: append; a snapshot replaces every row")
        rules = [rule.name for rule in self.rules]
        if len(set(rules)) < len(rules):
            raise ValueError(f"two rules have one name: {', '.join(rules)}")
        return self
