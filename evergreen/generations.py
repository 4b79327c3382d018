"""A generation, part by part: what was to be scored, what was loaded, and whether it may be published."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field, RootModel

from evergreen.errors import CountsDisagree, TrainingFailed
from evergreen.strict import Strict

NO_SEGMENT = "-"  # under which predictions of no segment are counted; no segment is called so, and no key is empty


class ScoringPart(Strict):
    """One file of rows to score."""

    part: str  # its name
    rows: int


class ScoringParts(RootModel[tuple[ScoringPart, ...]]):
    """scoring_parts.json: every file of rows to score, in order."""


class LoadedPart(Strict):
    """What became of one part when it was loaded."""

    part: str
    rows: int  # to score
    scored: int  # lines that batch transform wrote
    written: int  # items that DynamoDB took
    sample: str = ""  # an entity among them
    segments: dict[str, int] = Field(default={})  # items by segment
    problem: str | None = None  # why not everything was loaded


class Loaded(Strict):
    """A whole generation that may be published."""

    rows: int
    parts: int
    sample: str
    segments: dict[str, int]


def reconcile(parts: Sequence[ScoringPart], loaded: Iterable[LoadedPart | None]) -> Loaded:
    """Rows to score = lines scored = items written, for every part. Raises CountsDisagree and TrainingFailed."""
    found: list[LoadedPart] = []
    for wanted, part in zip(parts, loaded, strict=True):
        if part is None:
            raise CountsDisagree(f"{wanted.part}: {wanted.rows} rows to score, never loaded: nothing published")
        if part.problem:
            raise TrainingFailed(f"{part.problem}: nothing published")
        if not wanted.rows == part.scored == part.written:
            raise CountsDisagree(
                f"{wanted.part}: {wanted.rows} rows to score, {part.scored} scored, {part.written} items written: "
                "nothing published"
            )
        found.append(part)
    segments: Counter[str] = Counter()
    for each in found:
        segments.update(each.segments)
    sample = next((each.sample for each in found if each.sample), "")
    return Loaded(rows=sum(each.rows for each in found), parts=len(found), sample=sample, segments=dict(segments))


class Changes(Strict):
    """What readers saw before a generation; its own counts stand beside it."""

    replaces: str
    rows_before: int
    added: int | None = None  # entities that it did not have; None where that is not known
    removed: int | None = None  # entities that only it had
    segments_before: dict[str, int] = Field(default={})


class Published(Strict):
    """A generation that readers see, and what is different from the one before it."""

    generation: str
    rows: int
    champion: str
    as_of: str | None = None
    segments: dict[str, int] = Field(default={})
    changes: Changes | None = None

    def after(self, before: "Published | None", entities: tuple[int, int] | None = None) -> "Published":
        """The same, compared with what readers saw until now; of the entities, how many were added and removed."""
        if before is None:
            return self
        added, removed = entities or (None, None)
        changes = Changes(
            replaces=before.generation,
            rows_before=before.rows,
            added=added,
            removed=removed,
            segments_before=before.segments,
        )
        return self.model_copy(update={"changes": changes})

    @property
    def compared(self) -> str:
        """What is different from before, in a sentence; nothing, when there was nothing before or nothing changed."""
        told, known = [], self.changes.segments_before if self.changes else {}
        if self.changes and self.changes.rows_before != self.rows:
            told.append(f"{self.changes.rows_before:,} before")
        if self.changes and (self.changes.added or self.changes.removed):
            told.append(f"{self.changes.added:,} entities are new, {self.changes.removed:,} are gone")
        for name in dict.fromkeys([*self.segments, *known]):
            now, before = self.segments.get(name, 0), known.get(name, 0)
            was = f", {before:,} before" if known and before != now else ""
            told.append(f"{'in no segment' if name == NO_SEGMENT else name}: {now:,}{was}")
        return f" {'; '.join(told)}." if told else ""


def published_of(item: Mapping[str, Any]) -> Published:
    """The same as the registry's item has it."""
    return Published.model_validate({name: item[name] for name in Published.model_fields if name in item})
