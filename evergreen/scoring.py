"""Scoring rows now: what is asked of the scoring function, and how it answers."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from evergreen.strict import Strict

MOST_BYTES = 1_000_000  # of a request over HTTP; a Lambda function takes six times that
MOST_EXPLAINED = 100  # rows: an explanation is many times as long as its row
MOST_FAULTS = 100  # that an answer lists


class ScoringRequest(Strict):
    """Rows to be scored by a data set's champion."""

    dataset: str = Field(min_length=1)
    rows: list[dict[str, Any]] = Field(
        description="Of a table: its columns by name. Of an event log: the columns that its features query yields."
    )
    explain: bool = Field(default=False, description="Whether to say what each feature adds to each prediction.")
    prepared: bool = Field(
        default=False, description="Whether the rows are features as a run prepared them, and not the table's columns."
    )
    endpoint: str | None = Field(
        default=None, description="An endpoint to ask for the predictions, where it answers with the champion."
    )
    log: bool = Field(
        default=False, description="Whether to write an inference log of the rows that name their entity."
    )


class RowFault(Strict):
    """Why a row, or a request as a whole, cannot be scored, so that whoever sent it can mend it."""

    row: int | None  # the first is 0, as in the list that was sent; None: no row is to blame
    field: str | None
    value: str | None = None
    rule: str
    reason: str

    def sentence(self) -> str:
        """The fault as a person reads it."""
        row = [] if self.row is None else [f"row {self.row}"]
        place = ", ".join([*row, *([f"field {self.field!r}"] if self.field else [])]) or "the request"
        return f"{place}: {self.reason}"


class Refused(StrEnum):
    """Why nothing was scored; each has an HTTP status of its own."""

    NO_CHAMPION = "NO_CHAMPION"
    MALFORMED_ROWS = "MALFORMED_ROWS"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"


class Refusal(Strict):
    """The answer to a request that cannot be fulfilled; no error of the function, for the caller must act."""

    refused: Refused
    message: str
    champion: str | None = None
    faults: tuple[RowFault, ...] = ()


def malformed(champion: str, faults: list[RowFault]) -> Refusal:
    """The refusal of rows, which names the first fault and lists as many as fit."""
    more = f"; and {len(faults) - 1:,} more" if len(faults) > 1 else ""
    message = f"{faults[0].sentence()}{more}"
    return Refusal(
        refused=Refused.MALFORMED_ROWS, message=message, champion=champion, faults=tuple(faults[:MOST_FAULTS])
    )


def no_champion(dataset: str) -> Refusal:
    """The refusal while there is no model."""
    message = f"{dataset} has no champion yet; drop a file: evergreen drop {dataset} FILE.csv"
    return Refusal(refused=Refused.NO_CHAMPION, message=message)
