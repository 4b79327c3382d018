"""Telling the CRM what the table says it does not know yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from evergreen.events_out import SegmentChanged
from evergreen.segment_updates import Hint, Told, Want, has_news
from evergreen.stores.crm import CrmRefused, OnTheBus, Target, Webhook
from evergreen.stores.event_bus import EventBus
from evergreen.stores.segments import Segments
from functions.deliver_segments.settings import Settings

_EXAMPLES = 5


@dataclass(frozen=True)
class Deliveries:
    """One customer after the other; what was told is noted however it ends, so another try goes on from there."""

    segments: Segments
    target: Callable[[], Target]
    count: Callable[[str, int], None]

    def deliver(self, hint: Hint) -> None:
        """Tell the CRM of these customers.

        Raises StoreUnavailable when the CRM does not answer, with the rest left for another try; CrmRefused when it
        does not want some of them, after the rest was told.
        """
        looked, target = self.segments.look(hint.dataset, hint.entities), self.target()
        told: list[Told] = []
        refused: list[str] = []
        sent = 0
        try:
            for entity, (want, known) in looked.items():
                if want is None or (known and known.event_id == want.event_id):
                    continue
                try:
                    if has_news(want, known):
                        target.tell(_event(hint.dataset, want, known))
                        sent += 1
                        told.append(_told(want))
                    else:  # it is back where the CRM knows it to be
                        told.append(_settled(want, known))
                except CrmRefused as error:
                    told.append((known or Told(entity=entity)).model_copy(update={"error": str(error)}))
                    refused.append(f"{entity}: {error}")
        finally:
            self._note(hint.dataset, told, sent)
        if refused:
            raise CrmRefused(f"{len(refused)} of {len(hint.entities)} refused; {'; '.join(refused[:_EXAMPLES])}")

    def _note(self, dataset: str, told: list[Told], sent: int) -> None:
        self.segments.note_told(dataset, told)
        if sent:
            self.segments.count(dataset, sent)
            self.count(dataset, sent)


def wired(settings: Settings, count: Callable[[str, int], None]) -> Deliveries:
    """Those of this deployment; the secret is read at every hint, so that a new one needs no deployment."""
    secrets, bus = boto3.client("secretsmanager"), EventBus(boto3.client("events"), settings.EVENT_BUS)
    table: Any = boto3.resource("dynamodb").Table(settings.SEGMENTS_TABLE)
    webhook = lambda: Webhook.of(secrets, settings.CRM_SECRET)  # noqa: E731
    return Deliveries(Segments(table), webhook if settings.CRM_SECRET else lambda: OnTheBus(bus), count)


def _event(dataset: str, want: Want, known: Told | None) -> SegmentChanged:
    return SegmentChanged(
        event_id=want.event_id,
        dataset=dataset,
        run_id=want.run_id,
        generation=want.generation,
        champion=want.champion,
        at=want.at,
        entity=want.entity,
        segment=want.segment,
        previous=known.segment if known else None,
        sequence=want.sequence,
    )


def _told(want: Want) -> Told:
    at = datetime.now(UTC).isoformat()
    said = want.model_dump(include={"entity", "segment", "event_id", "generation", "sequence"})
    return Told(**said, at=at)


def _settled(want: Want, known: Told | None) -> Told:
    return (known or Told(entity=want.entity)).model_copy(update={"event_id": want.event_id, "error": None})
