"""The first line of a dropped file against the contract."""

import csv
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from container.prepare.scan import LONGEST_LINE
from evergreen.columns import Column

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
csv.field_size_limit(LONGEST_LINE)  # Python stops at 131,072 by itself; DuckDB does not
MOST_NAMES = 20  # of a file's columns that a reason or note lists


class FileRefused(Exception):
    """A whole file cannot be read; says where, and what would be right."""

    def __init__(
        self, rule: str, reason: str, line: int | None = None, column: str | None = None, value: str | None = None
    ) -> None:
        super().__init__(reason)
        self.rule, self.reason, self.line, self.column, self.value = rule, reason, line, column, value


def header_names(line: str, delimiter: str = ",") -> list[str]:
    """The column names in a header line."""
    if "\0" in line:
        reason = "the header holds NUL characters: save the file as CSV in UTF-8, or state input.encoding: utf-16"
        raise FileRefused("not_a_csv", reason, line=1)
    try:
        return [name.strip() for name in next(csv.reader([line], strict=True, delimiter=delimiter), [])]
    except csv.Error as error:
        raise FileRefused("header", f"the header is not valid CSV: {error}", line=1, value=line[:200]) from None


def delimiter_of(line: str, columns: Mapping[str, Column]) -> str:
    """The delimiter by which a header line yields most of the contract's columns; a comma if none does."""
    known = {each for name, column in columns.items() for each in (name, *column.aliases)}
    return max(DELIMITERS, key=lambda delimiter: len(known & _names_or_none(line, delimiter)))


def positions(names: list[str], columns: Mapping[str, Column], optional: Collection[str] = ()) -> dict[str, int]:
    """Where each column of the contract stands; order is free, aliases count, further columns are ignored."""
    found = {}
    for name, column in columns.items():
        places = [place for place, header in enumerate(names) if header in (name, *column.aliases)]
        if not places and name in optional:
            continue
        if not places:
            taken = {known for other, each in columns.items() for known in (other, *each.aliases)}
            raise FileRefused("missing_column", _missing(name, column, names, taken), line=1, column=name)
        if len(places) > 1:
            raise FileRefused("double_column", f"the header names column {name!r} {len(places)} times", 1, name)
        found[name] = places[0]
    return found


def notes_on(names: list[str], places: Mapping[str, int], columns: Mapping[str, Column]) -> list[str]:
    """What of the header is not as the contract has it, and was passed over."""
    used = set(places.values())
    ignored = [name or "(no name)" for place, name in enumerate(names) if place not in used]
    notes = [f"columns that the contract does not name are ignored: {_listed(ignored)}"] if ignored else []
    lacking = [name for name in columns if name not in places]
    return notes + ([f"the file lacks the columns {_listed(lacking)}: they count as empty"] if lacking else [])


def _names_or_none(line: str, delimiter: str) -> set[str]:
    try:
        return set(header_names(line, delimiter))
    except FileRefused:
        return set()


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _missing(name: str, column: Column, names: list[str], taken: set[str]) -> str:
    for delimiter, called in DELIMITERS.items():
        if len(names) == 1 and {name, *column.aliases} & _names_or_none(names[0], delimiter):
            return f"column {name!r} is missing because the file is separated by {called}: correct input.delimiter"
    reason = f"column {name!r} is missing; the file has {_listed(names)}"
    close = get_close_matches(
        name.lower(), [header.lower() for header in names if header not in taken], n=1, cutoff=0.5
    )
    if close:
        nearest = next(header for header in names if header.lower() == close[0])
        return f"{reason}. Rename {nearest!r} to {name!r} or list it as an alias in the contract"
    return f"{reason}. Add it{_or_aliases(column)}"


def _or_aliases(column: Column) -> str:
    return f" (also accepted: {', '.join(column.aliases)})" if column.aliases else ""
