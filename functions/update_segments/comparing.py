"""Comparing the generation that readers see with what is known of each customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.predictions import read_rows
from evergreen.requests import identity
from evergreen.segment_updates import SHARDS, Comparison, Want, compare, hints, shard_of
from evergreen.segments import segment_of
from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.stores.segment_queue import SegmentQueue
from evergreen.stores.segments import Segments

Wanted = dict[str, str | None]


@dataclass(frozen=True)
class Seen:
    """The generation that readers see, as it was published."""

    generation: str
    champion: str | None
    fence: int


@dataclass(frozen=True)
class SegmentUpdates:
    """Has the CRM brought to the generation that readers see, whichever that is when it looks."""

    files: Files
    registry: Registry
    segments: Segments
    queue: SegmentQueue

    def update(self, dataset: str) -> dict[str, Any]:
        """Note whose segment changed, and hint at them; answers how many, by segment. Safe to repeat.

        Of two that compare at once the slower one would have the last word with what it saw first: so whoever has
        compared looks again whether that is still what readers see.
        """
        while True:
            seen = self._seen(dataset)
            if seen is None:
                return {}
            told = self._bring_to(dataset, seen)
            if self._seen(dataset) == seen:
                return told

    def _seen(self, dataset: str) -> Seen | None:
        published = self.registry.published(dataset)
        if published is None:
            return None
        return Seen(published["generation"], published.get("champion"), published.get("fence", 0))

    def _bring_to(self, dataset: str, seen: Seen) -> dict[str, Any]:
        wanted = self._wanted(dataset, seen)
        if wanted is None:
            return {}
        with ThreadPoolExecutor(SHARDS) as pool:
            found = list(pool.map(lambda shard: self._shard(dataset, seen, shard, wanted[shard]), range(SHARDS)))
        changed = sum(len(each.changed) for each in found)
        self.segments.compared(dataset, seen.generation, seen.fence, changed)
        now = Counter(segment or "none" for each in found for segment in each.changed.values())
        waited = sum(len(each.waiting) for each in found)
        of = sum(len(each) for each in wanted)
        return {"generation": seen.generation, "customers": of, "changed": changed, "to": dict(now), "waited": waited}

    def _shard(self, dataset: str, seen: Seen, shard: int, wanted: Wanted) -> Comparison:
        found = compare(self.segments.known(dataset, shard), wanted)
        at = datetime.now(UTC).isoformat()
        self.segments.want(
            dataset, (_want(dataset, entity, segment, seen, at) for entity, segment in found.changed.items())
        )
        self.queue.send(hints(dataset, [*found.changed, *found.waiting]), occasion=f"{seen.generation} {seen.fence}")
        return found

    def _wanted(self, dataset: str, seen: Seen) -> list[Wanted] | None:
        """By shard, each customer's segment; None when the contract of that generation has no segments."""
        layout = RunLayout(dataset, seen.generation)
        contract = self.files.read(layout.contract_file("dataset.json"), Contract)
        if not contract.segments:
            return None
        found: list[Wanted] = [{} for _ in range(SHARDS)]
        for row in self._rows(layout, contract, seen):
            found[shard_of(row["entity"])][row["entity"]] = segment_of(contract.segments, row)
        return found

    def _rows(self, layout: RunLayout, contract: Contract, seen: Seen) -> Iterator[dict[str, Any]]:
        for part in self.files.keys(layout.predictions + "/"):
            if part.endswith(".out"):
                yield from read_rows(self.files.lines(part), part, seen.champion or "", contract.task)


def _want(dataset: str, entity: str, segment: str | None, seen: Seen, at: str) -> Want:
    return Want(
        entity=entity,
        segment=segment,
        event_id=identity("SegmentChanged", dataset, entity, seen.generation, str(seen.fence)),
        generation=seen.generation,
        champion=seen.champion,
        run_id=seen.generation,
        sequence=seen.fence,
        at=at,
    )
