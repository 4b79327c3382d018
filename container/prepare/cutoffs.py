"""Cut-offs: up to which day features see, from which day labels look on."""

from dataclasses import dataclass
from datetime import date, timedelta

from evergreen.targets import CutoffSplit

# The newest ones: a single row with a date of long ago would otherwise bring thousands, most of them without data.
MOST_TRAIN_CUTOFFS = 60


class HistoryTooShort(Exception):
    """Not one training cut-off has its history, its follow-up and the hold-out's follow-up."""


@dataclass(frozen=True)
class Cutoffs:
    """The days at which features are taken; no training label reaches beyond the hold-out's cut-off."""

    train: tuple[date, ...]  # oldest first
    holdout: date
    scoring: date


def plan(first_day: date, last_day: date, split: CutoffSplit, horizon_days: int) -> Cutoffs:
    """Place every cut-off so that each label has its full follow-up window within the data."""
    horizon = timedelta(days=horizon_days)
    scoring = last_day + timedelta(days=1)
    holdout = scoring - horizon
    earliest = first_day + timedelta(days=split.min_history_days)
    train: list[date] = []
    cutoff = holdout - horizon
    while cutoff >= earliest and len(train) < MOST_TRAIN_CUTOFFS:
        train.append(cutoff)
        cutoff -= timedelta(days=split.every_days)
    if not train:
        needed = split.min_history_days + 2 * horizon_days
        raise HistoryTooShort(
            f"the history covers {(scoring - first_day).days} days ({first_day} to {last_day}); at least {needed} are "
            f"needed: {split.min_history_days} of history, then {horizon_days} of follow-up each for training "
            f"and for the hold-out"
        )
    return Cutoffs(tuple(reversed(train)), holdout, scoring)
