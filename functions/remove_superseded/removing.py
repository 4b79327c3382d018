"""Which generations go, and how: part by part, by the very lines that they were loaded from."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from evergreen.contract import Contract
from evergreen.generations import ScoringParts
from evergreen.keeping import superseded
from evergreen.layout import RunLayout
from evergreen.stores.files import Files
from evergreen.stores.loader import Loader
from evergreen.stores.registry import Change, Registry
from evergreen.stores.removals import Removal, Removals
from evergreen.stores.runs import RunRecords

_FOR_A_PART = 120_000  # milliseconds that must be left for another one
_RECENT = 20  # runs that may have ended between loading and publishing


@dataclass(frozen=True)
class Remover:
    """Removes generations of a data set."""

    registry: Registry
    runs: RunRecords
    removals: Removals
    files: Files
    loader: Loader

    def remove(self, change: Change, time_left: Callable[[], int]) -> dict[str, int]:
        """Remove what nobody needs, as far as time allows; returns how many items went, by generation."""
        begun = self.removals.of(change.dataset)
        removed = {}
        for generation in self._unneeded(change):
            known = begun.get(generation)
            if known and known.done:
                continue
            if known is None and not self.removals.begin(change, generation):
                continue
            removed[generation] = self._remove(change.dataset, generation, known, time_left)
            if time_left() < _FOR_A_PART:
                break
        return removed

    def _unneeded(self, change: Change) -> list[str]:
        published = self.registry.published(change.dataset)
        if published is None:
            return []
        keep = self.files.read(RunLayout(change.dataset, change.run_id).contract_file("dataset.json"), Contract)
        history = self.registry.history(change.dataset)
        shown = {each.published.generation for each in history if each.published}
        return [
            *superseded(history, published["generation"], keep.predictions.keep_generations),
            *self._never_published(change, shown),
        ]

    def _never_published(self, change: Change, shown: set[str]) -> Iterator[str]:
        """Runs before this one that scored and then failed: one runs at a time, so they are over."""
        for run in islice(self.runs.of(change.dataset), _RECENT):
            run_id = run["run_id"]
            if run_id < change.run_id and run_id not in shown and self._has_scored(change.dataset, run_id):
                yield run_id

    def _has_scored(self, dataset: str, run_id: str) -> bool:
        return bool(self.files.keys(f"{RunLayout(dataset, run_id).predictions}/"))

    def _remove(self, dataset: str, generation: str, known: Removal | None, time_left: Callable[[], int]) -> int:
        layout = RunLayout(dataset, generation)
        parts = self.files.find(layout.scoring_parts, ScoringParts) or ScoringParts(())
        done, items = (known.parts, known.items) if known else (0, 0)
        before = items
        for part in parts.root[done:]:
            if time_left() < _FOR_A_PART:
                return items - before
            items += self.loader.remove(dataset, generation, self._entities(layout.predictions_part(part.part)))
            done += 1
            self.removals.note(dataset, generation, parts=done, items=items)
        self.removals.note(dataset, generation, done=True)
        return items - before

    def _entities(self, key: str) -> Iterator[str]:
        if self.files.exists(key):
            yield from (cells[0] for cells in csv.reader(self.files.lines(key)) if cells)
