"""What the workflow uses of Amazon States Language with JSONPath: paths, variables, functions, choices."""

import fnmatch
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|([\w.$-]+)|([(),]))")
_FUNCTIONS = {
    "States.Array": lambda *given: list(given),
    "States.ArrayGetItem": lambda given, place: given[place],
    "States.Format": lambda text, *given: text.replace("{}", "%s") % given,
    "States.MathAdd": lambda one, other: one + other,
    "States.StringSplit": lambda text, at: text.split(at),
    "States.StringToJson": json.loads,
}
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "BooleanEquals": lambda value, wanted: value is wanted,
    "StringEquals": lambda value, wanted: isinstance(value, str) and value == wanted,
    "StringMatches": lambda value, wanted: isinstance(value, str) and fnmatch.fnmatchcase(value, wanted),
    "NumericGreaterThan": lambda value, wanted: bool(value > wanted),
    "NumericLessThan": lambda value, wanted: bool(value < wanted),
    "NumericLessThanEquals": lambda value, wanted: bool(value <= wanted),
}


@dataclass(frozen=True)
class Scope:
    """What an expression can see."""

    data: Any
    variables: Mapping[str, Any]
    context: Mapping[str, Any]

    def value(self, expression: str) -> Any:
        """A path, a variable or a call."""
        words = [match.groups() for match in _WORD.finditer(expression)]
        found, rest = self._term(words)
        assert not rest, f"{expression} goes on after its end"
        return found

    def fill(self, template: Any) -> Any:
        """Parameters, ResultSelector or Assign, with every `….$` put in."""
        match template:
            case dict():
                return dict(self._filled(name, value) for name, value in template.items())
            case list():
                return [self.fill(each) for each in template]
            case _:
                return template

    def holds(self, rule: Mapping[str, Any]) -> bool:
        """Whether a rule of a Choice holds."""
        if "And" in rule:
            return all(self.holds(each) for each in rule["And"])
        if "Or" in rule:
            return any(self.holds(each) for each in rule["Or"])
        (test,) = rule.keys() - {"Variable", "Next"}
        if test == "IsPresent":
            return self._is_present(rule["Variable"]) is rule[test]
        return _TESTS[test](self.value(rule["Variable"]), rule[test])

    def _filled(self, name: str, value: Any) -> tuple[str, Any]:
        return (name.removesuffix(".$"), self.value(value)) if name.endswith(".$") else (name, self.fill(value))

    def _is_present(self, path: str) -> bool:
        try:
            self.value(path)
        except (KeyError, TypeError):
            return False
        return True

    def _term(self, words: list[tuple[str, str, str]]) -> tuple[Any, list[tuple[str, str, str]]]:
        (text, name, _), rest = words[0], words[1:]
        if not name:
            return text, rest
        if not name.startswith("States."):
            return (int(name) if name.isdigit() else self._path(name)), rest
        given, rest = [], rest[1:]
        while True:
            one, rest = self._term(rest)
            given.append(one)
            mark, rest = rest[0][2], rest[1:]
            if mark == ")":
                return _FUNCTIONS[name](*given), rest

    def _path(self, path: str) -> Any:
        head, *names = path.split(".")
        found = {"$": self.data, "$$": self.context}.get(head, self.variables.get(head[1:]))
        for name in names:
            found = found[name]
        return found


def put(data: Any, path: str | None, result: Any) -> Any:
    """ResultPath: where the result goes; None drops it."""
    if path is None:
        return data
    if path == "$":
        return result
    names = path.removeprefix("$.").split(".")
    assert len(names) == 1, f"{path}: the workflow puts results at the top only"
    return {**data, names[0]: result}
