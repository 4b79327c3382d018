"""A dataset.yaml as it is written: its value, and the line and the text of everything in it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

YamlPath = tuple[str | int, ...]
MOST_REPEATED = 10_000  # values that aliases may stand for: a few lines of them can stand for billions


class YamlInvalid(ValueError):
    """The text is not YAML; says why, and in which line where it is known."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass
class Document:
    """One YAML document; a path is the keys and places in lists that lead to a value."""

    value: Any
    lines: dict[YamlPath, int] = field(default_factory=dict)
    texts: dict[YamlPath, str] = field(default_factory=dict)  # of plain values, as they are written
    doubles: list[YamlPath] = field(default_factory=list)  # keys that stand twice, where YAML would take the last

    def line(self, path: YamlPath) -> int:
        """The line of the innermost part of the path that is there; 1 when nothing of it is."""
        found = (self.lines[path[:length]] for length in range(len(path), -1, -1) if path[:length] in self.lines)
        return next(found, 1)


class _Loader(yaml.SafeLoader):
    """Takes keys as they are written, so that columns may be called 2008, 1.0, yes or no."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_yaml(text: str) -> Document:
    """Read one document. Raises YamlInvalid."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(None)
        document = Document(None)
        _Notes(document).take(node, ())  # before merge keys are put in the place of what they name
        document.value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlInvalid(reason or str(error), mark.line + 1 if mark else None) from error
    except YamlInvalid:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2020-13-45 is a ValueError
        raise YamlInvalid(" ".join(str(error).split()), None) from error
    return document


@dataclass
class _Notes:
    """Notes where everything stands; what an alias stands for is noted at each place, up to a limit."""

    document: Document
    seen: set[int] = field(default_factory=set)
    repeated: int = 0

    def take(self, node: yaml.Node, path: YamlPath) -> None:
        self._count(node)
        document = self.document
        document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            document.texts[path] = node.value
        elif isinstance(node, yaml.SequenceNode):
            for place, each in enumerate(node.value):
                self.take(each, (*path, place))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                inner = (*path, key.value)
                if inner in document.lines:
                    document.doubles.append(inner)
                document.lines[inner] = key.start_mark.line + 1
                self.take(value, inner)

    def _count(self, node: yaml.Node) -> None:
        self.repeated += id(node) in self.seen
        self.seen.add(id(node))
        if self.repeated > MOST_REPEATED:
            reason = f"aliases (*name) stand for more than {MOST_REPEATED:,} values; write out what is needed"
            raise YamlInvalid(reason, node.start_mark.line + 1)
