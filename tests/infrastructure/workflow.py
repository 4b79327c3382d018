"""A state machine's definition as the tests ask about it, with a reader for the few expressions it uses."""

import re
from collections.abc import Iterator
from typing import Any

State = dict[str, Any]

_INTRINSIC = re.compile(r"^States\.(?P<name>\w+)\((?P<arguments>.*)\)$")


class Workflow:
    """An ASL document in JSONPath; `within` holds the workflows of its Map states."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.definition = definition
        self.states: dict[str, State] = definition["States"]
        self.within = [Workflow(state["ItemProcessor"]) for state in self.states.values() if "ItemProcessor" in state]

    @property
    def tasks(self) -> dict[str, State]:
        return {name: state for name, state in self.states.items() if state["Type"] == "Task"}

    @property
    def maps(self) -> dict[str, State]:
        return {name: state for name, state in self.states.items() if state["Type"] == "Map"}

    @property
    def jobs(self) -> dict[str, State]:
        """The tasks that create something by name in SageMaker."""
        return {name: state for name, state in self.tasks.items() if ":sagemaker:" in state["Resource"]}

    @property
    def functions(self) -> dict[str, State]:
        """The tasks that invoke a function."""
        return {name: state for name, state in self.tasks.items() if ":lambda:invoke" in state["Resource"]}

    @property
    def every_function(self) -> dict[str, State]:
        """Those within its maps, too."""
        return {name: state for each in (self, *self.within) for name, state in each.functions.items()}

    def following(self, name: str) -> set[str]:
        """The states that may come right after one."""
        state = self.states[name]
        ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
        return {way["Next"] for way in ways if "Next" in way} | ({state["Default"]} if "Default" in state else set())

    def reachable(self, start: str) -> set[str]:
        """A state and all that may come after it."""
        seen, ahead = set[str](), [start]
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                ahead += self.following(name)
        return seen


def strings(node: Any) -> Iterator[str]:
    """Every string in a document."""
    match node:
        case dict():
            for key, value in node.items():
                yield from (key, *strings(value))
        case list():
            for value in node:
                yield from strings(value)
        case str():
            yield node


def fill(node: Any, values: dict[str, Any]) -> Any:
    """Parameters as the service receives them: every `name.$` evaluated, every `${Name}` replaced."""
    match node:
        case dict():
            return {
                key.removesuffix(".$"): evaluate(value, values) if key.endswith(".$") else fill(value, values)
                for key, value in node.items()
            }
        case list():
            return [fill(each, values) for each in node]
        case str():
            return re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[0]]), node)
        case _:
            return node


def evaluate(expression: str, values: dict[str, Any]) -> Any:
    """A path, a variable or one of the intrinsic functions that the workflow's parameters use."""
    call = _INTRINSIC.match(expression)
    if call is None:
        return values[expression]
    arguments = [_argument(each, values) for each in re.split(r",\s*", call["arguments"])]
    match call["name"], arguments:
        case "Format", [template, *rest]:
            return str(template).format(*rest)
        case "Array", items:
            return items
    raise ValueError(f"no reading of {expression}")


def _argument(written: str, values: dict[str, Any]) -> Any:
    return written[1:-1] if written.startswith("'") else values[written]
