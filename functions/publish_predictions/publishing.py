"""Reconciling a generation and flipping readers to it."""

from datetime import datetime

from evergreen.entities import added_and_removed
from evergreen.generations import Loaded, LoadedPart, Published, ScoringParts, published_of, reconcile
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.stores.files import Files
from evergreen.stores.registry import Change, Registry
from functions.publish_predictions.request import Request


def publish(run: Request, files: Files, registry: Registry, at: datetime) -> Published:
    """Publish what is whole; what an earlier attempt has published stays as it is. Raises as `reconcile` and
    Registry do."""
    layout = RunLayout(run.dataset, run.run_id)
    loaded = _loaded(layout, files)
    before = registry.published(run.dataset)
    seen = published_of(before) if before else None
    if seen and seen.generation == run.run_id:
        return seen
    as_of = files.read(layout.report, DataReport).scoring_cutoff
    facts = {"rows": loaded.rows, "segments": loaded.segments, "as_of": as_of}
    now = Published.model_validate({"generation": run.run_id, "champion": run.champion_run_id, **facts})
    now = now.after(seen, _moved(seen, now, run.dataset, files) if seen else None)
    change = Change(run.dataset, run.run_id, run.fence, seen.generation if seen else None, at=at)
    registry.publish(change, {**now.model_dump(exclude_none=True), "sample": loaded.sample})
    return now


def _moved(before: Published, now: Published, dataset: str, files: Files) -> tuple[int, int] | None:
    """How many entities came and went; None where one of the two was loaded before that was written down."""
    old, new = (_entities(RunLayout(dataset, each.generation), files) for each in (before, now))
    return added_and_removed(old, new) if old is not None and new is not None else None


def _entities(layout: RunLayout, files: Files) -> list[bytes] | None:
    listed = files.find(layout.scoring_parts, ScoringParts)
    parts = [files.content(layout.loaded_entities(each.part)) for each in listed.root] if listed else [None]
    known = [each for each in parts if each is not None]
    return known if len(known) == len(parts) else None


def _loaded(layout: RunLayout, files: Files) -> Loaded:
    parts = files.read(layout.scoring_parts, ScoringParts).root
    return reconcile(parts, (files.find(layout.loaded_part(each.part), LoadedPart) for each in parts))
