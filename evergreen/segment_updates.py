"""Which customers have to be told of as belonging to another segment; and the word that asks for it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from evergreen.strict import Strict

SHARDS = 4  # of a data set's customers: each is told of in order, and at most so many are told of at a time
_TOGETHER = 25  # customers in one hint


class Standing(Strict):
    """Where one customer stands: the segment by the newest generation compared, and what the CRM was told last."""

    segment: str | None = None
    told: str | None = None
    waiting: str | None = None  # the event that has still to be told
    again: bool = False  # somebody asked for it, so it is told even where the CRM knows
    generation: str | None = None
    champion: str | None = None
    run_id: str | None = None
    sequence: int = 0
    at: str | None = None
    told_generation: str | None = None
    told_at: str | None = None
    error: str | None = None  # of the last try

    @property
    def has_news(self) -> bool:
        """Whether the CRM has to hear of it."""
        return self.again or self.segment != self.told


class Known(NamedTuple):
    """As much of it as a comparison needs, of millions at once."""

    segment: str | None
    waiting: bool


class Hint(Strict):
    """These customers may have to be told of; what is to be told is in the table, so a hint may come late or twice."""

    dataset: str
    entities: tuple[str, ...]

    @property
    def group(self) -> str:
        """Hints of one group are handled one after the other."""
        return f"{self.dataset}#{shard_of(self.entities[0])}"


@dataclass
class Comparison:
    """What a generation changes."""

    changed: dict[str, str | None] = field(default_factory=dict)  # entity → its segment now; None: none any more
    waiting: list[str] = field(default_factory=list)  # not changed, and not told yet


def shard_of(entity: str) -> int:
    """The same for the same customer, always."""
    return int.from_bytes(hashlib.sha256(entity.encode()).digest()[:4]) % SHARDS


def compare(known: Mapping[str, Known], wanted: Mapping[str, str | None]) -> Comparison:
    """Compare what was known of some customers with the generation that readers see now.

    A customer who is not in it any more belongs to no segment.
    """
    found, nothing = Comparison(), Known(None, waiting=False)
    for entity in wanted.keys() | known.keys():
        before, now = known.get(entity, nothing), wanted.get(entity)
        if before.segment != now:
            found.changed[entity] = now
        elif before.waiting:
            found.waiting.append(entity)
    return found


def hints(dataset: str, entities: Iterable[str]) -> Iterator[Hint]:
    """Hints for customers of one shard."""
    every = sorted(entities)
    for start in range(0, len(every), _TOGETHER):
        yield Hint(dataset=dataset, entities=tuple(every[start : start + _TOGETHER]))
