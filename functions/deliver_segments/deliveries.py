"""Telling the CRM what the table says it does not know yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from evergreen.events_out import SegmentChanged
from evergreen.segment_updates import Hint, Standing
from evergreen.stores.crm import CrmRefused, OnTheBus, Target, Webhook
from evergreen.stores.event_bus import EventBus
from evergreen.stores.segments import Segments
from functions.deliver_segments.settings import Settings

_EXAMPLES = 5


@dataclass(frozen=True)
class Deliveries:
    """One customer after the other; what was told is noted before the next, so another try begins where this ends."""

    segments: Segments
    target: Callable[[], Target]
    count: Callable[[str, int], None]

    def deliver(self, hint: Hint) -> None:
        """Tell the CRM of these customers.

        Raises StoreUnavailable when the CRM does not answer, with the rest left for another try; CrmRefused when it
        does not want some of them, after the rest was told.
        """
        told, refused = 0, []
        target = self.target()
        try:
            for entity in hint.entities:
                try:
                    told += self._bring(hint.dataset, entity, target)
                except CrmRefused as error:
                    self.segments.failed(hint.dataset, entity, str(error))
                    refused.append(f"{entity}: {error}")
        finally:
            if told:
                self.segments.count(hint.dataset, told)
                self.count(hint.dataset, told)
        if refused:
            raise CrmRefused(f"{len(refused)} of {len(hint.entities)} refused; {'; '.join(refused[:_EXAMPLES])}")

    def _bring(self, dataset: str, entity: str, target: Target) -> int:
        """Tell until nothing has changed meanwhile; answers how often."""
        told = 0
        while True:
            standing = self.segments.get(dataset, entity)
            if standing is None or not standing.waiting:
                return told
            if standing.has_news:
                target.tell(_event(dataset, entity, standing))
                told += 1
                self.segments.told(dataset, entity, standing)
            else:
                self.segments.settled(dataset, entity, standing)


def wired(settings: Settings, count: Callable[[str, int], None]) -> Deliveries:
    """Those of this deployment; the secret is read at every hint, so that a new one needs no deployment."""
    secrets, bus = boto3.client("secretsmanager"), EventBus(boto3.client("events"), settings.EVENT_BUS)
    table: Any = boto3.resource("dynamodb").Table(settings.SEGMENTS_TABLE)
    webhook = lambda: Webhook.of(secrets, settings.CRM_SECRET)  # noqa: E731
    return Deliveries(Segments(table), webhook if settings.CRM_SECRET else lambda: OnTheBus(bus), count)


def _event(dataset: str, entity: str, standing: Standing) -> SegmentChanged:
    return SegmentChanged(
        event_id=standing.waiting or "",
        dataset=dataset,
        run_id=standing.run_id or "",
        generation=standing.generation,
        champion=standing.champion,
        at=standing.at or "",
        entity=entity,
        segment=standing.segment,
        previous=standing.told,
        sequence=standing.sequence,
    )
