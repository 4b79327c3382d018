"""Reading what waits in the dead-letter queue: what it is, why it is there, and whether a replay can help."""

import json
from collections.abc import Mapping
from typing import Any

from evergreen.arrivals import (
    AlarmCleared,
    Arrival,
    ExecutionEnded,
    MisplacedObject,
    Told,
    UnknownEvent,
    Wake,
    arrival_of,
)
from evergreen.strict import Strict

_LONGEST = 300  # characters told of an event that nobody can read


class DeadLetter(Strict):
    """One message of the dead-letter queue; `undelivered` is EventBridge's word for why it could not deliver it."""

    message_id: str
    body: str
    undelivered: str | None = None


class Explanation(Strict):
    """A dead letter in words."""

    what: str
    why: str
    readable: bool  # when it is not, Dispatch fails with it again, and it comes back


def explain(letter: DeadLetter, datasets: frozenset[str]) -> Explanation:
    """What a dead letter says, and why it was not handled."""
    try:
        event = json.loads(letter.body)
    except ValueError as error:
        return Explanation(what=letter.body[:_LONGEST], why=f"it is no JSON: {error}", readable=False)
    try:
        what = _told(arrival_of(event, datasets))
    except MisplacedObject as misplaced:
        what = str(misplaced)
    except UnknownEvent as unknown:
        return Explanation(what=_named(event), why=str(unknown), readable=False)
    why = letter.undelivered or "Dispatch failed with it five times; its log says why"
    return Explanation(what=what, why=why, readable=True)


def _told(read: Told | None) -> str:
    match read:
        case Arrival():
            return f"{read.dataset}: {read.cause}"
        case AlarmCleared():
            return f"{read.dataset}: alarm {read.alarm} is off"
        case ExecutionEnded():
            return f"{read.dataset}: run {read.run_id} ended as {read.status}"
        case Wake():
            return f"{read.dataset}: the timer set for {read.at}"
        case None:
            return "an event that asks for nothing"


def _named(event: Any) -> str:
    if isinstance(event, Mapping) and "detail-type" in event:
        return f"{event['detail-type']!r} from {event.get('source')!r} at {event.get('time')}"[:_LONGEST]
    return json.dumps(event)[:_LONGEST]
