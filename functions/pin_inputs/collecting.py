"""Which recent items a run looks at, besides what was dropped."""

from collections.abc import Collection as Names
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evergreen.contract import Contract
from evergreen.layout import ObservedLayout, RunLayout
from evergreen.manifest import ChampionModel, Collection, InputFile
from evergreen.requests import identity
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.files import Files

ALARM = "alarm"
MOST_BYTES = 200_000_000  # of observed items in Parquet, the newest: what a function has time and room for


def collects(contract: Contract, asked_by: Names[str], champion: ChampionModel | None) -> bool:
    """Whether a run learns from recent items: since a champion serves, and an alarm or the contract asks for it."""
    if contract.teachers is None or champion is None:
        return False
    return contract.teachers.always or ALARM in asked_by


@dataclass(frozen=True)
class Collecting:
    """Observed items of one data set, by their days."""

    ledger: ArrivalsLedger
    files: Files

    def collection(
        self, layout: RunLayout, contract: Contract, champion: ChampionModel, unlearned: frozenset[str], now: datetime
    ) -> Collection:
        """What CollectSamples is to look at; outcomes go further back than the champion."""
        days = contract.teachers.days if contract.teachers else 0
        oldest = now - timedelta(days=days)
        promoted = datetime.fromisoformat(champion.promoted_at) if champion.promoted_at else oldest
        since = max(oldest, promoted)
        sizes = self._items(layout.dataset, oldest)
        earlier = self.ledger.newest_outcomes(layout.dataset, unlearned)
        collected = InputFile(
            arrival_id=identity("outcomes", layout.run_id),
            source=self.files.uri(layout.outcomes),
            version_id="null",
            key=layout.outcomes,
            size=sum(sizes.values()),
        )
        return Collection(
            since=since.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
            items=tuple(sizes),
            earlier=earlier.arrival.key if earlier else None,
            outcomes=collected,
            samples=layout.samples,
        )

    def _items(self, dataset: str, oldest: datetime) -> dict[str, int]:
        """Keys and sizes, oldest day first; of very many the newest."""
        layout = ObservedLayout(dataset)
        found = self.files.sizes(layout.items)
        first = layout.day(f"{oldest:%Y-%m-%d}")
        kept, total = [], 0
        for key in sorted((key for key in found if key >= first), reverse=True):
            total += found[key]
            if total > MOST_BYTES:
                break
            kept.append(key)
        return {key: found[key] for key in reversed(kept)}
