"""What a column may be called, so that a file's header can name it and queries can tell it from every other."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

MOST_COLUMNS = 2_000
RESERVED = ("file_index", "file_row_number", "filename")  # DuckDB's own columns of a file that is read


def wrong_names(columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong with the names of columns and with their aliases, in sentences."""
    for name, aliases in columns.items():
        if name.casefold() in RESERVED:
            other = free_name(name, columns)
            yield (
                f"column {name!r} has a name that DuckDB keeps for itself; declare it under another name with an "
                f"alias, as in `{other}: {{…, aliases: [{name}]}}`"
            )
        for each in (name, *aliases):
            if fault := name_fault(each):
                yield f"{'column' if each == name else f'alias of column {name!r}:'} {each!r} {fault}"
    yield from _shared(columns)


def name_fault(name: str) -> str:
    """Why a header can never name a column so; empty when it can."""
    if not name:
        return "is empty; give the name that the header has"
    if name != name.strip():
        return "has blanks at an end, which are taken off headers; leave them out here, too"
    if any(unicodedata.category(letter) == "Cc" and letter != "\t" for letter in name):
        return "holds a control character, such as a line end, which no header can name; rename the column"
    return ""


def free_name(name: str, others: Collection[str]) -> str:
    """A name like this one which is not reserved and which no other column has, whatever the case."""
    taken = {each.casefold() for each in others} | set(RESERVED)
    while name.casefold() in taken:
        name += "_"
    return name


def _shared(columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A header serves one column; SQL takes names that differ in case only for one."""
    owners: dict[str, str] = {}
    for name in columns:
        other = owners.setdefault(name.casefold(), name)
        if other != name:
            yield f"columns {other!r} and {name!r} differ in case only; keep one of them"
    for name, aliases in columns.items():
        for alias in aliases:
            other = owners.setdefault(alias.casefold(), name)
            if other.casefold() != name.casefold():
                yield f"columns {other!r} and {name!r} both go by {alias!r}; a header can name one column only"
