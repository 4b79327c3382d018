"""Which data sets follow which: the promotion of one asks for a run of those that name it in `retrain_after`."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from evergreen.contracts import Contracts


def dependants_of(dataset: str, contracts: Contracts) -> list[str]:
    """The data sets that are to be retrained after a promotion of this one."""
    return sorted(each for each in contracts.ids if dataset in contracts[each].contract.retrain_after)


def order_faults(after: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What is wrong with `retrain_after` of each data set: names that are none, and circles, told to each in one."""
    wrong: dict[str, list[str]] = {}
    for dataset, named in after.items():
        for name in named:
            if name not in after:
                near = get_close_matches(name, after, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(after))}"
                wrong.setdefault(dataset, []).append(f"names {name!r}, which is no data set here; {hint}")
    circle = _circle(after)
    for dataset in circle[:-1]:
        told = " → ".join(circle)
        wrong.setdefault(dataset, []).append(f"goes round in a circle ({told}), so it would never end; leave one out")
    return wrong


def _circle(after: Mapping[str, Iterable[str]]) -> list[str]:
    """Data sets of which each is retrained after the one before, the first one again at the end; else none."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []
