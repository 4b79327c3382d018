"""What must hold after an alarm on the yield, besides what holds for every run: one way back, and people who know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from evergreen.champions import BY_ITSELF
from evergreen.requests import identity
from tests.faults.alarm_story import REEXAMINATIONS
from tests.faults.cells import OVERTAKEN, WATCH, Cell
from tests.faults.snapshot import Backends


def problems(backends: Backends, dataset: str, cell: Cell, excused: int, asked: list[str]) -> Iterator[str]:
    """Everything that is wrong; `asked` are the functions that were asked to follow, `excused` as the watch has it."""
    items = backends.plain("registry")[f"DATASET#{dataset}"]
    told = Counter(said["notification_id"]["Value"] for _, _, _, said, _ in backends.notices)
    if cell.state != WATCH:
        yield from _alarm_problems(backends, items, told, excused)
    back = [_values(backends, each) for sk, each in items.items() if sk.endswith("#ROLLBACK")]
    if len(back) > 1:
        yield f"the champion was brought back {len(back)} times"
    if not back:
        if cell.state == WATCH and cell.kind != OVERTAKEN:
            yield "the champion that made the yield worse was never taken back"
        if any(each.endswith("-watch") for each in told):
            yield "people were told of a rollback that never was"
        return
    yield from _rollback_problems(back[0], told, excused, asked)
    untold = items["EVENTS"].attrs.keys() - {"pk", "sk"} if "EVENTS" in items else set()
    if untold:
        yield f"listeners were never told: {sorted(untold)}"


def _alarm_problems(backends: Backends, items: dict[str, Any], told: Counter[str], excused: int) -> Iterator[str]:
    for alarm in (_values(backends, each) for sk, each in items.items() if sk.startswith("ALARM#")):
        about = told[stuck_notice(alarm["alarm"], alarm["at"])]
        if not 1 <= about <= 1 + excused:
            yield f"people were told {about} times of an alarm that stays on"
        since = [sk for sk, each in items.items() if _values(backends, each).get("alarm_since") == alarm["at"]]
        if len(since) != 1 + REEXAMINATIONS:
            yield f"an alarm that stays on asked {len(since)} times"


def _rollback_problems(back: dict[str, Any], told: Counter[str], excused: int, asked: list[str]) -> Iterator[str]:
    if back["by"] != BY_ITSELF or back["replaced"] <= back["run_id"]:
        yield f"{back['run_id']} was brought back in place of {back['replaced']} by {back['by']}"
    times = told[f"{back['replaced']}-watch"]
    if not 1 <= times <= 1 + excused:
        yield f"people were told {times} times that the champion was brought back"
    if not {"TrackRun", "UpdateSegments", "UpdateEndpoint"} <= set(asked):
        yield f"of those who follow the champion only {sorted(set(asked))} were asked to"


def stuck_notice(alarm: str, since: str) -> str:
    """The id of the notice that no run helps."""
    return identity("stuck", alarm, since)


def _values(backends: Backends, item: Any) -> dict[str, Any]:
    return {name: backends.attribute(item, name) for name in item.attrs}
