"""The first line of a dropped file against the contract."""

import csv
from collections.abc import Mapping
from difflib import get_close_matches

from evergreen.columns import Column

MOST_NAMES = 20  # of a file's columns that a reason lists


class FileRefused(Exception):
    """A whole file cannot be read; says where, and what would be right."""

    def __init__(
        self, rule: str, reason: str, line: int | None = None, column: str | None = None, value: str | None = None
    ) -> None:
        super().__init__(reason)
        self.rule, self.reason, self.line, self.column, self.value = rule, reason, line, column, value


def header_names(line: str) -> list[str]:
    """The column names in a header line."""
    try:
        return [name.strip() for name in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        raise FileRefused("header", f"the header is not valid CSV: {error}", line=1, value=line[:200]) from None


def positions(names: list[str], columns: Mapping[str, Column]) -> dict[str, int]:
    """Where each column of the contract stands; order is free, aliases count, further columns are ignored."""
    found = {}
    for name, column in columns.items():
        places = [place for place, header in enumerate(names) if header in (name, *column.aliases)]
        if not places:
            taken = {known for other, each in columns.items() for known in (other, *each.aliases)}
            raise FileRefused("missing_column", _missing(name, column, names, taken), line=1, column=name)
        if len(places) > 1:
            raise FileRefused("double_column", f"the header names column {name!r} {len(places)} times", 1, name)
        found[name] = places[0]
    return found


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _missing(name: str, column: Column, names: list[str], taken: set[str]) -> str:
    for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(names) == 1 and names[0].count(separator) > 1:
            return f"column {name!r} is missing because the file is separated by {called}: save it with commas"
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
