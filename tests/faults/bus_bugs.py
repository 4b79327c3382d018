"""Bugs in what those who listen to the event bus hear, each planted by one patch."""

import uuid
from collections.abc import Iterable

import pytest

from evergreen.events_out import EventOut
from evergreen.stores.event_bus import EventBus
from tests.faults.bugs import Plant
from tests.faults.deployment import Deployment


def events_with_an_id_of_their_own(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    put = EventBus.put

    def renamed(self: EventBus, events: Iterable[EventOut]) -> None:
        put(self, [each.model_copy(update={"event_id": uuid.uuid4().hex}) for each in events])

    patch.setattr(EventBus, "put", renamed)


def events_forgotten(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    """Noted as told before they are told."""
    patch.setattr(EventBus, "put", lambda *_: None)


ON_THE_BUS: dict[Plant, tuple[str, str, str]] = {
    events_with_an_id_of_their_own: ("PublishPredictions", "killed and invoked again", "told under several ids"),
    events_forgotten: ("PublishPredictions", "raises", "nobody who listens hears of"),
}
