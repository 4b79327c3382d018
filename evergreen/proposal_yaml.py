"""Writing a contract's columns as YAML that people like to read."""

import re
from collections.abc import Iterator

from evergreen.contract_yaml import read_yaml
from evergreen.proposal_columns import Part, Role

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*( [A-Za-z0-9_]+)*")
_WIDEST_NAME = 28
_WIDEST_COLUMN = 64
_FEW_VALUES = 20


def scalar(text: str) -> str:
    """A text as YAML takes it back, in quotes only where it must be."""
    if _PLAIN.fullmatch(text) and read_yaml(text).value == text:
        return text
    return _quoted(text)


def column_lines(parts: list[Part]) -> Iterator[str]:
    """Every column in one line, with why it is left out; rules that may be too strict are comments."""
    names = [scalar(part.column.name) + ":" for part in parts]
    width = min(max(map(len, names), default=0), _WIDEST_NAME)
    for name, part in zip(names, parts, strict=True):
        keys = _keys(part)
        line = f"    {name:<{width}} {{{', '.join(keys)}}}"
        why = _why(part)
        yield f"{line:<{_WIDEST_COLUMN}} # {why}" if why else line
        if values := _allowed(part):
            yield f"    # … with `allowed: [{values}]`, a row with another value is rejected"


def _keys(part: Part) -> list[str]:
    column = part.column
    named = part.role in (Role.ENTITY, Role.TIME)
    kind = "text" if part.role is Role.ENTITY and column.type not in ("text", "integer") else column.type
    keys = [f"type: {kind}"]
    if named and not column.missing:
        keys.append("required: true")
    if column.formats and kind == "timestamp":
        keys.append(f"formats: [{', '.join(map(_quoted, column.formats))}]")
    if part.role is Role.LEFT_OUT:
        keys.append("feature: false")
    return keys


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in escaped) + '"'


def _why(part: Part) -> str:
    if part.why:
        return "".join(letter if letter.isprintable() else " " for letter in part.why)
    return "could be day-first or month-first: check" if part.column.ambiguous else ""


def _allowed(part: Part) -> str:
    column = part.column
    few = column.type == "text" and 1 < column.distinct <= _FEW_VALUES and not column.missing
    if not few or part.role is not Role.FEATURE:
        return ""
    values = ", ".join(scalar(value) for value, _ in sorted(column.values))
    return values if len(values) <= 200 else ""
