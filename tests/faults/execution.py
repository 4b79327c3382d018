"""One execution of the workflow, driven state by state as its definition says, without waiting."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.state_language import Scope, put

ROOT = Path(__file__).resolve().parents[2]
DEFINITION: dict[str, Any] = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text())
OUTER: dict[str, dict[str, Any]] = DEFINITION["States"]
MAP_OF = {  # the state of each map's items, and the map
    inner: name for name, state in OUTER.items() if state["Type"] == "Map" for inner in state["ItemProcessor"]["States"]
}
STATES = OUTER | {inner: OUTER[name]["ItemProcessor"]["States"][inner] for inner, name in MAP_OF.items()}
TASKS = tuple(name for name, state in STATES.items() if state["Type"] in ("Task", "Map"))


class TaskFailed(Exception):
    """What a Task's service answered, as Retry and Catch see it."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


Perform = Callable[["Execution", str, Any], Any]


@dataclass
class Execution:
    """Where it stands; a copy of it can be resumed."""

    name: str
    given: dict[str, Any]
    state: str = DEFINITION["StartAt"]
    data: Any = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    entered: list[str] = field(default_factory=list)
    around: Any = None  # the data of the map within whose items it is
    items: list[Any] = field(default_factory=list)  # of the map, that are still to come
    item: Any = None

    def __post_init__(self) -> None:
        self.data = self.data or dict(self.given)

    def copied(self) -> "Execution":
        return copy.deepcopy(self)

    def stop(self, status: str) -> None:
        """Aborted by a person, or out of time."""
        self.status, self.error, self.cause = status, status.title(), "said the test"

    def step(self, perform: Perform) -> None:
        """One attempt at one state."""
        state = STATES[self.state]
        if not self.attempt:
            self.entered.append(self.state)
        match state["Type"]:
            case "Task":
                self._task(state, perform)
            case "Map":
                self._map(state, perform)
            case "Choice":
                scope = self._scope()
                self._go(next((each["Next"] for each in state["Choices"] if scope.holds(each)), state["Default"]))
            case "Pass":
                self._leave(state, self._scope().fill(state["Parameters"]))
            case "Wait":
                self._leave({**state, "ResultPath": None}, None)
            case "Succeed":
                self.status = "SUCCEEDED"
            case "Fail":
                self.status, self.error = "FAILED", state["Error"]
                self.cause = self._scope().value(state["CausePath"])

    def _task(self, state: Mapping[str, Any], perform: Perform) -> None:
        scope = self._scope()
        try:
            result = perform(self, self.state, scope.fill(state["Parameters"]))
        except TaskFailed as failed:
            self._failed(state, failed)
        else:
            if self.status == "RUNNING":  # else it was stopped meanwhile
                self._leave(state, result)

    def _map(self, state: Mapping[str, Any], perform: Perform) -> None:
        """Reads the list; its items then come one after another."""
        assert (state["ToleratedFailureCount"], state["ResultPath"]) == (0, None)
        try:
            read = perform(self, self.state, self._scope().fill(state["ItemReader"]["Parameters"]))
        except TaskFailed as failed:
            self._failed(state, failed)
        else:
            if self.status == "RUNNING":
                self.around, self.items = self.data, json.loads(read["Body"])
                self._next_item(self.state)

    def _next_item(self, name: str) -> None:
        self.data = self.around
        if not self.items:
            self.around = self.item = None
            self._go(OUTER[name]["Next"])
            return
        self.item = self.items.pop(0)
        self.data = self._scope().fill(OUTER[name]["ItemSelector"])
        self._go(OUTER[name]["ItemProcessor"]["StartAt"])

    def _item_failed(self, name: str) -> None:
        """The map's own error says nothing of the item's."""
        self.data, self.around, self.item, self.items, self.state = self.around, None, None, [], name
        self._failed(OUTER[name], TaskFailed("States.ExceedToleratedFailureThreshold", "said the map"))

    def _failed(self, state: Mapping[str, Any], failed: TaskFailed) -> None:
        if self.status != "RUNNING":
            return
        retry = next((each for each in state.get("Retry", []) if _names(each, failed.error)), None)
        if retry and self.attempt < retry["MaxAttempts"]:
            self.attempt += 1
            return
        catch = next((each for each in state.get("Catch", []) if _names(each, failed.error)), None)
        if catch is None and self.state in MAP_OF:
            self._item_failed(MAP_OF[self.state])
            return
        if catch is None:
            self.status, self.error, self.cause = "FAILED", failed.error, failed.cause
            return
        self._leave(catch, {"Error": failed.error, "Cause": failed.cause})

    def _leave(self, way: Mapping[str, Any], result: Any) -> None:
        scope = Scope(result, self.variables, self._context())
        selected = scope.fill(way["ResultSelector"]) if "ResultSelector" in way else result
        assigned = scope.fill(way.get("Assign", {}))
        self.data = put(self.data, way.get("ResultPath", "$"), selected)
        self.variables |= assigned
        assert len(json.dumps(self.data)) < 256 * 1024, "Step Functions carries no more"
        if way.get("End"):
            self._next_item(MAP_OF[self.state])
            return
        self._go(way["Next"])

    def _go(self, state: str) -> None:
        self.state, self.attempt = state, 0

    def _scope(self) -> Scope:
        return Scope(self.data, self.variables, self._context())

    def _context(self) -> dict[str, Any]:
        return {
            "Execution": {"Input": self.given, "Name": self.name},
            "State": {"RetryCount": self.attempt, "Name": self.state},
            "Map": {"Item": {"Value": self.item}},
            "Task": {"Token": f"{self.name}/{self.state}/{self.attempt}"},
        }


def _names(way: Mapping[str, Any], error: str) -> bool:
    names = way["ErrorEquals"]
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
