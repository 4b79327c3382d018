"""Event patterns: what is known only at synthesis is put into the files of `events/`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 1500  # characters of names in one pattern; EventBridge takes 2,048 of all


def substitute(node: Any, values: Mapping[str, str], lists: Mapping[str, Sequence[str]] | None = None) -> Any:
    """Put values in the place of `${Name}`, and lists in the place of an element that is nothing else."""
    lists = lists or {}
    match node:
        case dict():
            return {key: substitute(value, values, lists) for key, value in node.items()}
        case list():
            return [each for value in node for each in _spliced(value, values, lists)]
        case str():
            for name, value in values.items():
                node = node.replace(f"${{{name}}}", value)
            return node
        case _:
            return node


def _spliced(node: Any, values: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> list[Any]:
    name = node[2:-1] if isinstance(node, str) and node.startswith("${") and node.endswith("}") else ""
    return list(lists[name]) if name in lists else [substitute(node, values, lists)]


def parts(names: Sequence[str]) -> Iterator[list[str]]:
    """The names, as many at a time as fit into one pattern."""
    part: list[str] = []
    for name in names:
        if part and len(",".join([*part, name])) + 2 * len(part) > _LONGEST:
            yield part
            part = []
        part.append(name)
    if part:
        yield part
