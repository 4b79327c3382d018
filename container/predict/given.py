"""Rows as they are sent, and what of them a model takes: the contract's columns, or features as they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from container.prepare.checks import Check, checks, of_columns
from container.prepare.dates import ISO, DateFormat
from container.prepare.engine import quoted
from container.prepare.table_rows import Table, raw_value
from container.signature import FeatureType, Signature
from evergreen.columns import Column, ColumnType
from evergreen.contract import Contract
from evergreen.scoring import RowFault

Row = Mapping[str, Any]

_TYPES: dict[FeatureType, ColumnType] = {"category": "text", "integer": "integer", "number": "number"}


@dataclass(frozen=True)
class Form:
    """What the fields of a row may be, which of them must be there, and what is wrong with their values."""

    columns: Mapping[str, Column]
    needed: tuple[str, ...]
    decimal: str
    value: Callable[[str], str]  # SQL of a feature, before it gets its final type
    checks: Callable[[Mapping[str, DateFormat]], list[Check]]

    @classmethod
    def of(cls, contract: Contract, signature: Signature, *, prepared: bool) -> "Form":
        """A table's rows are sent with its columns; an event log's as its query yields them."""
        needed = tuple(feature.name for feature in signature.features)
        table = None if prepared else Table.of(contract)
        if table is None:
            features = {feature.name: Column(type=_TYPES[feature.type]) for feature in signature.features}
            return cls(features, needed, ".", quoted, lambda formats: of_columns(features, formats, "."))
        found, decimal = table, contract.input.decimal

        def every(formats: Mapping[str, DateFormat]) -> list[Check]:
            """What no model takes may be left out, though a file must have it."""
            given = checks(contract, formats, decimal)
            return [check for check in given if check.rule != "required" or check.column in needed]

        return cls(contract.input.columns, needed, decimal, lambda name: raw_value(found, name), every)

    def stated_formats(self) -> dict[str, tuple[str, ...]]:
        """The formats of each column of dates; where none is stated, ISO 8601 is meant."""
        return {name: each.formats for name, each in self.columns.items() if each.type == "timestamp"}

    def texts(self, rows: Sequence[Row]) -> tuple[dict[str, list[str | None]], list[RowFault]]:
        """The rows' values as the text that a file would hold, and what is no value at all."""
        values: dict[str, list[str | None]] = {name: [] for name in self.columns}
        faults: list[RowFault] = []
        for number, row in enumerate(rows):
            fields = fields_of(row, self.columns)
            faults += self._missing(number, row, fields)
            for name, column in values.items():
                given = row[fields[name]] if name in fields else None
                if reason := _no_value(given):
                    faults.append(RowFault(row=number, field=fields[name], rule="type", reason=reason))
                    given = None
                column.append(_text(given, self.decimal))
        return values, faults

    def _missing(self, number: int, row: Row, fields: Mapping[str, str]) -> Iterator[RowFault]:
        for name in self.needed:
            if name not in fields:
                near = get_close_matches(name, [each for each in row if each not in fields.values()], n=1)
                hint = f"; is {near[0]!r} meant to be it?" if near else "; give null where it is unknown"
                yield RowFault(row=number, field=name, rule="missing", reason=f"is missing{hint}")


def fields_of(row: Row, columns: Mapping[str, Column]) -> dict[str, str]:
    """Under which name a row has each column; a column that it has not is left out."""
    names = {
        name: next((each for each in (name, *column.aliases) if each in row), None) for name, column in columns.items()
    }
    return {name: found for name, found in names.items() if found is not None}


def one_format(formats: tuple[str, ...]) -> DateFormat | None:
    """The only format that a column of dates can have, if there is one."""
    if len(formats) > 1:
        return None
    return DateFormat(formats[0]) if formats else ISO


def _no_value(value: Any) -> str | None:
    """Why something of JSON is no value of a table, or None."""
    if isinstance(value, (dict, list)):
        return "is a list or an object: give one value, or null where it is unknown"
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        return "holds half a character (a lone surrogate): give text in UTF-8"
    return None


def _text(value: Any, decimal: str) -> str | None:
    """A value of JSON as a file has it; an empty text is no value there."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value).replace(".", decimal)
        case _:
            return str(value)
