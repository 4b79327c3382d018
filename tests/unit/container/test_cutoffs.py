from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.prepare.cutoffs import MOST_TRAIN_CUTOFFS, HistoryTooShort, plan
from evergreen.targets import CutoffSplit

SPLIT = CutoffSplit(by="cutoffs", column="InvoiceDate", every_days=14, min_history_days=42)
FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)


def test_scoring_is_as_of_the_day_after_the_last_event_and_the_holdout_one_horizon_before() -> None:
    cutoffs = plan(FIRST, LAST, SPLIT, 90)
    assert (cutoffs.scoring, cutoffs.holdout) == (date(2011, 12, 10), date(2011, 9, 11))


def test_training_goes_back_from_one_horizon_before_the_holdout_while_history_lasts() -> None:
    cutoffs = plan(FIRST, LAST, SPLIT, 90)
    assert cutoffs.train[-1] == date(2011, 6, 13)
    assert cutoffs.train[0] == date(2011, 1, 24)
    assert len(cutoffs.train) == 11


def test_a_short_history_says_how_many_days_are_needed() -> None:
    with pytest.raises(HistoryTooShort, match=r"covers 221 days .* at least 222 are needed"):
        plan(FIRST, FIRST + timedelta(days=220), SPLIT, 90)


def test_exactly_as_many_days_as_are_needed_give_one_training_cutoff() -> None:
    assert len(plan(FIRST, FIRST + timedelta(days=221), SPLIT, 90).train) == 1


@given(days=st.integers(1, 900), every=st.integers(1, 60), history=st.integers(1, 120), horizon=st.integers(1, 180))
def test_every_label_has_its_full_window_and_ends_before_the_holdout(
    days: int, every: int, history: int, horizon: int
) -> None:
    last = FIRST + timedelta(days=days)
    split = CutoffSplit(by="cutoffs", column="InvoiceDate", every_days=every, min_history_days=history)
    try:
        cutoffs = plan(FIRST, last, split, horizon)
    except HistoryTooShort:
        assert days + 1 < history + 2 * horizon
        return
    window = timedelta(days=horizon)
    assert max(cutoffs.train) + window <= cutoffs.holdout
    assert cutoffs.holdout + window <= last + timedelta(days=1)
    assert min(cutoffs.train) - FIRST >= timedelta(days=history)


def test_one_row_of_long_ago_brings_the_newest_cutoffs_only() -> None:
    cutoffs = plan(date(1900, 1, 1), LAST, SPLIT, 90)
    assert len(cutoffs.train) == MOST_TRAIN_CUTOFFS
    assert cutoffs.train[-1] == date(2011, 6, 13)
