"""Which generations are kept, so that readers and rollbacks always find what they may need."""

from collections.abc import Sequence

from pydantic import Field

from evergreen.champions import Entry, generation_of, line_of
from evergreen.strict import Strict

DEFAULT = 2


class Keeping(Strict):
    """How long predictions stay when newer ones are published, and how sure their intervals are."""

    keep_generations: int = Field(
        default=DEFAULT,
        ge=1,
        le=100,
        description="How many of the newest generations stay, the published one among them; and of how many champions "
        "before the present one the newest generation stays, for rollbacks.",
    )
    interval: float = Field(
        default=0.8,
        ge=0,
        lt=1,
        description="Of numbers: in what share of all cases the truth shall lie between a prediction's `lower` and "
        "`upper`; 0 for no interval. Each model keeps the one it was trained with.",
    )


def superseded(history: Sequence[Entry], published: str, keep: int) -> list[str]:
    """Generations that were published once and that nobody needs any more, oldest first."""
    known = list(dict.fromkeys(each.published.generation for each in history if each.published))
    needed = {published, *known[-keep:], *_for_rollbacks(history, keep)}
    return [each for each in known if each not in needed]


def _for_rollbacks(history: Sequence[Entry], keep: int) -> set[str]:
    """The newest generations of the present champion, of those before it, and of the one rolled back last."""
    champions = line_of(history)[-keep - 1 :]
    champions += [each.replaced for each in history if each.event == "ROLLED_BACK" and each.replaced][-1:]
    found = (generation_of(history, each) for each in champions)
    return {each.generation for each in found if each}
