"""Which customers have to be told of as belonging to another segment; and the word that asks for it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from evergreen.strict import Strict

SHARDS = 4  # of a data set's customers: each is told of in order, and at most so many are told of at a time
_TOGETHER = 25  # customers in one hint


class Want(Strict):
    """The segment that the CRM should know of one customer, as the newest comparison found it."""

    entity: str
    segment: str | None
    event_id: str
    generation: str
    champion: str | None = None
    run_id: str
    sequence: int  # grows with every generation
    at: str
    again: bool = False  # somebody asked for it, so it is told even where the CRM knows


class Told(Strict):
    """What the CRM was told last of one customer."""

    entity: str
    segment: str | None = None
    event_id: str | None = None
    generation: str | None = None
    sequence: int = 0
    at: str | None = None
    error: str | None = None  # of the last try


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one customer stands between the two; as small as can be, for there may be millions."""

    segment: str | None
    waiting: bool = False  # to be told


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


def has_news(want: Want, told: Told | None) -> bool:
    """Whether the CRM has to hear of it: not what it knows, and not what is older than that."""
    if told is None or told.event_id is None:
        return True
    return want.sequence >= told.sequence and (want.again or want.segment != told.segment)


def compare(known: Mapping[str, Standing], wanted: Mapping[str, str | None]) -> Comparison:
    """Compare what was known of some customers with the generation that readers see now.

    A customer who is not in it any more belongs to no segment.
    """
    found, nobody = Comparison(), Standing(None)
    for entity in wanted.keys() | known.keys():
        before, now = known.get(entity, nobody), wanted.get(entity)
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
