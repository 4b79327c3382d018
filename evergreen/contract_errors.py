"""What is wrong with a dataset.yaml, in words: where it stands, what was found, and what is allowed."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from evergreen.columns import NAME_PATTERN
from evergreen.contract import Contract
from evergreen.contract_shape import VARIANTS, fields_of, model_at
from evergreen.contract_yaml import Document, YamlPath
from evergreen.durations import DURATION_PATTERN
from evergreen.endpoint import MACHINE_PATTERN
from evergreen.targets import FILE_PATTERN

_LONGEST_SHOWN = 60
_UNION_BRANCHES = {"int", "float", "str", "date", "datetime"}
_OWN_WORDS = re.compile(r"([a-z_]+(?:\.[a-z_]+)*):? (.*)", re.DOTALL)
_WORDS = {
    "union_tag_not_found": "is not a mapping of keys to values, as in `key: value`",
    "model_attributes_type": "is not a mapping of keys to values, as in `key: value`",
    "model_type": "is not a mapping of keys to values, as in `key: value`",
    "dict_type": "is not a mapping of keys to values, as in `key: value`",
    "tuple_type": "is not a list, as in [a, b]",
    "too_long": "are {given:,}, and the most is {max_length:,}: leave out those that nobody needs",
    "string_too_long": "is longer than {max_length} characters",
}
_PATTERNS = {
    DURATION_PATTERN: "must be a number and s, m, h or d, like 90s, 15m, 6h or 2d",
    NAME_PATTERN: "must be small letters, digits and single underscores, beginning with a letter",
    MACHINE_PATTERN: "must be SageMaker's name of a machine, like ml.m5.large, with its ml. in front",
    FILE_PATTERN: "must be the plain name of a file beside dataset.yaml, like features.sql: no slashes, no leading dot",
}
Fault = tuple[YamlPath, str]


def nearest(name: Any, known: Collection[str], most: int = 20) -> str:
    """Words that lead from a name that is not known to one that is."""
    listed = ", ".join(list(known)[:most]) + (f" and {len(known) - most} more" if len(known) > most else "")
    folded = {each.casefold(): each for each in known}
    close = get_close_matches(str(name).casefold(), folded, n=1)
    return f"did you mean {folded[close[0]]!r}? Allowed: {listed}" if close else f"allowed: {listed}"


def faults(error: ValidationError, document: Document) -> list[Fault]:
    """Every fault once, with its place in the YAML, in the order of the file."""
    found = dict.fromkeys(fault for each in error.errors() for fault in _faults(each, document))
    return sorted(found, key=lambda fault: document.line(fault[0]))


def _faults(error: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    place: YamlPath = error["loc"]
    if error["type"] == "value_error":
        yield from _own_faults(_without_tags(place), str(error["ctx"]["error"]))
        return
    path = _without_tags(place)
    if place and place[-1] in _UNION_BRANCHES and not isinstance(_value(document, path), dict | list):
        path = path[:-1]
        kinds = "neither a number nor a date" if path[-1] in ("min", "max") else "neither a number nor text"
        yield path, f"{_shown(path, error, document)} is {kinds}"
        return
    yield path, _said(place, path, error, document)


def _own_faults(path: YamlPath, words: str) -> Iterator[Fault]:
    """Our own validators say one fault per line; at the top of the contract each begins with its place."""
    for line in words.splitlines():
        own = _OWN_WORDS.fullmatch(line) if not path else None
        if own and own[1].split(".")[0] in fields_of(Contract):
            yield tuple(own[1].split(".")), own[2]
        else:
            yield path, line


def _said(place: YamlPath, path: YamlPath, error: Mapping[str, Any], document: Document) -> str:
    kind, given = error["type"], error["input"]
    if kind in ("extra_forbidden", "missing"):
        return _of_key(kind, place)
    if kind == "too_long":
        return _WORDS[kind].format(given=len(given), **error["ctx"])
    if kind in ("union_tag_not_found", "union_tag_invalid") and isinstance(given, dict):
        by = given.get("by")
        return f"by is {repr(by) if by else 'missing'}; {nearest(by or '', list(VARIANTS['split']))}"
    shown = _shown(path, error, document)
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{shown} is not allowed; {nearest(given, allowed)}"
    if kind == "string_type":
        return f'{shown} is not text; write it in quotes: "{document.texts.get(path, given)}"'
    return f"{shown} {_words(kind, error)}"


def _words(kind: str, error: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch" and (own := _PATTERNS.get(error["ctx"]["pattern"])):
        return own
    own = _WORDS.get(kind)
    return own.format(**error.get("ctx", {})) if own else error["msg"].replace("Input should", "should")


def _of_key(kind: str, place: YamlPath) -> str:
    model = model_at(place[:-1])
    known = fields_of(model) if model else {}
    if kind == "extra_forbidden":
        return f"unknown key; {nearest(place[-1], known)}"
    field = known.get(str(place[-1]))
    return f"is missing: {field.description if field and field.description else 'it must be given'}"


def _shown(path: YamlPath, error: Mapping[str, Any], document: Document) -> str:
    given = error["input"]
    text = repr(given) if isinstance(given, str) else str(document.texts.get(path, given)) or "nothing"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 2] + " …"


def _without_tags(place: YamlPath) -> YamlPath:
    """The place as the file has it: pydantic adds which kind of target or split it took, and marks keys."""
    if len(place) > 1 and place[0] in VARIANTS and place[1] in VARIANTS[str(place[0])]:
        place = (place[0], *place[2:])
    return place[:-1] if place and place[-1] == "[key]" else place


def _value(document: Document, path: YamlPath) -> Any:
    value = document.value
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
