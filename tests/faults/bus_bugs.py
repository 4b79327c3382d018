"""Bugs in what those outside hear, on the event bus or as a CRM, each planted by one patch."""

import uuid
from collections.abc import Iterable

import pytest

from evergreen.events_out import EventOut
from evergreen.stores.event_bus import EventBus
from evergreen.stores.segments import Segments
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


def compared_by_whoever_comes_last(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    compared = Segments.compared

    def noted(self: Segments, dataset: str, generation: str, sequence: int, changed: int) -> None:
        self._table.delete_item(Key={"pk": dataset, "sk": "STATUS"})
        compared(self, dataset, generation, sequence, changed)

    patch.setattr(Segments, "compared", noted)


ON_THE_BUS: dict[Plant, tuple[str, str, str]] = {
    events_with_an_id_of_their_own: ("PublishPredictions", "killed and invoked again", "told under several ids"),
    compared_by_whoever_comes_last: ("UpdateSegments", "zombie", "the CRM is not told"),
    events_forgotten: ("PublishPredictions", "raises", "nobody who listens hears of"),
}
