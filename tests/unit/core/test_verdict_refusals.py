"""What keeps a challenger out although it looks better: leaks, slices, rows that cannot tell."""

import math

import pytest

from evergreen.evaluation import Evaluation, Leak, SliceLeftOut
from evergreen.gate import Gate
from evergreen.verdict import Outcome, decide
from tests.unit.core.evaluations import in_slice, with_champion, without_champion

GATE = Gate(metric="mae", slices={"site": 0.05})
LEAK = Leak(column="refund_id", reason="alone tells 'yes' from all else on the hold-out (ROC-AUC 1.000)")
WINS = [without_champion(), with_champion(), without_champion(champion_unscorable="it is of another task")]


@pytest.mark.parametrize("evaluation", WINS)
def test_a_leak_refuses_whoever_would_win_and_names_column_and_remedy(evaluation: Evaluation) -> None:
    assert decide(evaluation, GATE).promote
    verdict = decide(evaluation.model_copy(update={"leaks": (LEAK,)}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "'refund_id' alone tells 'yes'" in verdict.reasons[0]
    assert "`feature: false`" in verdict.reasons[1]
    assert "`gate.trusted`" in verdict.reasons[1]


@pytest.mark.parametrize("evaluation", WINS)
def test_a_trusted_leak_refuses_nobody_but_whoever_reads_the_verdict_is_told(evaluation: Evaluation) -> None:
    trusted = LEAK.model_copy(update={"trusted": True})
    verdict = decide(evaluation.model_copy(update={"leaks": (trusted,)}), GATE)
    assert verdict.promote
    assert verdict.reasons[:-1] == decide(evaluation, GATE).reasons
    assert verdict.reasons[-1] == f"'refund_id' {LEAK.reason}; the contract trusts it."


def test_a_hundred_leaks_are_told_in_a_few_sentences() -> None:
    verdict = decide(with_champion().model_copy(update={"leaks": (LEAK,) * 100}), GATE)
    assert "And 94 more columns do so." in verdict.reasons
    assert len(verdict.reasons) == 8


def test_rows_that_tell_nothing_are_inconclusive_and_need_no_metrics() -> None:
    evaluation = without_champion(
        rows=0, judged_rows=0, unjudgeable="it is empty.", challenger={}, baseline={}, against_baseline=None
    )
    verdict = decide(evaluation, Gate(metric="mae", floors={"mae": 3}, guards={"roc_auc": 0.1}))
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert verdict.reasons == ("The hold-out cannot tell one model from another: it is empty.",)


def test_without_a_comparison_with_the_baseline_nobody_is_promoted() -> None:
    verdict = decide(with_champion().model_copy(update={"against_baseline": None}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)


def test_a_floor_of_a_metric_that_was_not_told_is_missed() -> None:
    verdict = decide(without_champion(), Gate(metric="mae", floors={"brier": 0.2}))
    assert not verdict.promote
    assert "brier is nan" in verdict.reasons[0]


def test_a_slice_that_is_surely_worse_by_more_than_its_tolerance_vetoes() -> None:
    verdict = decide(with_champion().model_copy(update={"slices": (in_slice(),)}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert verdict.reasons[1] == (
        "Where 'site' is 'north', mae is 22.00 against 20.00 of the champion on 400 rows: worse by 2.00 (95% interval "
        "of the improvement: -3.00 to -1.00), which is 10.0% where the contract allows 5.0%, and beyond noise."
    )


def test_a_slice_that_is_worse_within_noise_is_told_and_does_not_veto() -> None:
    verdict = decide(with_champion().model_copy(update={"slices": (in_slice(high=0.1),)}), GATE)
    assert verdict.promote
    assert "more than the 5.0% the contract allows, but within noise." in verdict.reasons[-1]


@pytest.mark.parametrize(
    ("improvement", "high", "vetoed"), [(-1.0, -0.5, False), (-1.01, -0.5, True), (3.0, 4.0, False)]
)
def test_a_slice_may_be_worse_by_its_tolerance(improvement: float, high: float, vetoed: bool) -> None:
    of = in_slice(improvement=improvement, relative=improvement / 20, high=high)
    verdict = decide(with_champion().model_copy(update={"slices": (of,)}), GATE)
    assert verdict.promote is not vetoed
    assert len(verdict.reasons) == 2  # the comparison, and what came of it


def test_a_slice_in_which_the_champion_makes_no_error_may_not_get_one() -> None:
    perfect = in_slice(relative=0.0).model_copy(update={"champion": 0.0})
    assert not decide(with_champion().model_copy(update={"slices": (perfect,)}), GATE).promote


def test_slices_that_are_left_out_are_told_whatever_the_outcome() -> None:
    left_out = SliceLeftOut(column="site", reason="3 values with fewer than 50 rows to judge by are not judged alone")
    for champion in (with_champion(), with_champion(improvement=-1.0), with_champion(low=-0.1)):
        verdict = decide(champion.model_copy(update={"slices_left_out": (left_out,)}), GATE)
        assert f"Slices by 'site': {left_out.reason}." in verdict.reasons


def test_an_interval_that_includes_zero_says_how_many_rows_would_exclude_it() -> None:
    # 0.8 better, 1.2 below it the lower end: (1.2 / 0.8)² times 1,234 rows.
    verdict = decide(with_champion(low=-0.4, high=2.0), GATE)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert (
        "About 2,800 hold-out rows to judge by would be needed to tell, if the difference stays as it is."
        in verdict.reasons
    )


def test_a_difference_next_to_nothing_is_said_to_make_none() -> None:
    verdict = decide(with_champion(improvement=1e-6, relative=5e-8, low=-1.0, high=1.0), GATE)
    assert "More than a billion hold-out rows would be needed" in " ".join(verdict.reasons)


def test_an_interval_without_numbers_asks_for_no_number_of_rows() -> None:
    verdict = decide(with_champion(low=math.nan, high=math.nan), GATE)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "needed" not in " ".join(verdict.reasons)


def test_a_champion_at_zero_is_beaten_by_anything_that_is_surely_better() -> None:
    gate = Gate(metric="mcc")
    evaluation = with_champion(champion={"mcc": 0.0}, challenger={"mcc": 0.4}, improvement=0.4, relative=0.0, high=0.5)
    evaluation = evaluation.model_copy(update={"metric": "mcc", "baseline": {"mcc": 0.0}})
    assert decide(evaluation, gate).outcome is Outcome.PROMOTE
    worse = with_champion(champion={"mcc": 0.0}, challenger={"mcc": -0.1}, improvement=-0.1, relative=0.0, low=-0.2)
    assert not decide(worse.model_copy(update={"metric": "mcc", "baseline": {"mcc": 0.0}}), gate).promote


@pytest.mark.parametrize(
    ("metric", "champion", "challenger"), [("roc_auc", 0.70, 0.75), ("mae", 20.0, 18.0), ("r2", -0.5, 0.1)]
)
def test_better_is_what_the_metric_likes_and_worse_the_other_way_round(
    metric: str, champion: float, challenger: float
) -> None:
    gain = abs(champion - challenger)

    def verdict(better: bool) -> Outcome:
        sign = 1 if better else -1
        values = (challenger, champion) if better else (champion, challenger)
        evaluation = with_champion(
            challenger={metric: values[0]},
            champion={metric: values[1]},
            improvement=sign * gain,
            relative=sign * gain / abs(values[1]),
            low=sign * gain - gain / 2,
            high=sign * gain + gain / 2,
        )
        return decide(
            evaluation.model_copy(update={"metric": metric, "baseline": {metric: 0.0}}), Gate(metric=metric)
        ).outcome

    assert verdict(better=True) is Outcome.PROMOTE
    assert verdict(better=False) is Outcome.KEEP


@pytest.mark.parametrize("name", ["improvement", "low", "high"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_a_number_never_speaks_for_a_challenger(name: str, value: float) -> None:
    verdict = decide(with_champion(**{name: value}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)


def test_a_challenger_that_was_not_compared_with_a_scored_champion_is_no_first_one() -> None:
    verdict = decide(with_champion().model_copy(update={"against_champion": None}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "not compared with the champion" in verdict.reasons[0]


def test_a_guard_that_cannot_be_told_of_the_champion_refuses() -> None:
    gate = Gate(metric="mae", guards={"roc_auc": 0.1})
    assert decide(with_champion(), gate).promote
    assert not decide(with_champion(champion={"roc_auc": math.nan}), gate).promote


@pytest.mark.parametrize("of", ["floors", "guards"])
@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_limit_that_could_never_refuse_is_no_limit(of: str, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Gate.model_validate({of: {"roc_auc": value}})
