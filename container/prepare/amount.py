"""Whether there is enough of every part to learn from and to judge by."""

from collections.abc import Mapping

from container.prepare.prepared_rows import PARTS, Counts, Unusable
from evergreen.contract import Contract

NAMES = {
    "train": "training rows",
    "validation": "validation rows",
    "holdout": "hold-out rows",
    "scoring": "rows to score",
}


def check_enough(counts: Mapping[str, Counts], contract: Contract) -> None:
    """Raises Unusable when a part is too small, or holds nothing to tell apart."""
    least = contract.gate.min_rows
    for name, needed in (("train", least), ("validation", 1), ("holdout", least), ("scoring", 1)):
        found = counts[name].rows
        if found < needed:
            of = "" if found == 1 else "s"
            told = f"only {found:,} {NAMES[name].replace('rows', f'row{of}')}; at least {needed:,} are needed"
            remedy = ": bring more rows, or lower gate.min_rows in the contract" if needed == least else ""
            raise Unusable(told + remedy)
    if contract.task == "time_to_event":
        for name in PARTS:
            rows, events = counts[name].rows, counts[name].labelled
            if events in (0, rows):
                raise Unusable(
                    f"of the {rows:,} {NAMES[name]} {'all' if events else 'none'} have an event: nothing to tell apart"
                )
        return
    for name in ("train", "holdout"):
        if counts[name].targets < 2:
            raise Unusable(f"all {counts[name].rows:,} {NAMES[name]} have the same target: nothing to tell apart")
