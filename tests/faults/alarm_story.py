"""What follows an alarm on the yield: the run that it asks for, the watch over that run's champion, and what comes when
the alarm stays on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evergreen.layout import ObservedLayout
from evergreen.observed_yield import Yield
from tests.faults.cells import AGAIN, CALL, WATCH
from tests.faults.deployment import WATCHED, Deployment, Point
from tests.faults.execution import Execution
from tests.integration.functions.world import sample
from tests.integration.stores.aws import BUCKET

REEXAMINATIONS = 1
YIELD = Yield(
    good_when="prediction = outcome",
    threshold=0.7,
    window=100,
    reexamine_after="5m",
    reexaminations=REEXAMINATIONS,
)
Place = tuple[str, Point, dict[str, Any], list[dict[str, Any]]]


def places(deployment: Deployment) -> Iterator[Place]:
    """Each place of the story, as it is entered: its name, the moment, the event that is about to come, and those that
    came before."""
    told = [deployment.drop(WATCHED, "first"), _alarm()]
    runs = [_run(deployment, event) for event in told]
    told += [deployment.ended(run) for run in runs]
    yield WATCH, deployment.point(), _measured(), told
    for place in (AGAIN, CALL):
        (event,) = deployment.wakes()
        yield place, deployment.point(), event, told
        deployment.deliver(event)
        told = [*told, event]
        for run in deployment.running():
            deployment.advance(run)
            told.append(deployment.ended(run))


def _run(deployment: Deployment, event: dict[str, Any]) -> Execution:
    """The run that an event starts, to its end."""
    deployment.deliver(event)
    (run,) = deployment.running()
    deployment.advance(run)
    return run


def _alarm() -> dict[str, Any]:
    event: dict[str, Any] = sample("yield-low")
    event["detail"]["alarmName"] = f"Evergreen-{WATCHED}-observed-yield"
    for metric in event["detail"]["configuration"]["metrics"]:
        metric["metricStat"]["metric"]["dimensions"] = {"Dataset": WATCHED}
    return event


def _measured() -> dict[str, Any]:
    """The second champion's yield is surely lower than the first one's was."""
    event: dict[str, Any] = sample("yield-measured")
    event["detail"]["bucket"]["name"] = BUCKET
    event["detail"]["object"]["key"] = ObservedLayout(WATCHED).series
    return event
