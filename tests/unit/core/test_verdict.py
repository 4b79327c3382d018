import math
from typing import Any

import pytest

from evergreen.evaluation import Comparison, Evaluation
from evergreen.gate import Gate
from evergreen.verdict import Outcome, Verdict, decide
from tests.unit.core.evaluations import BASELINE_LOSES, with_champion, without_champion

GATE = Gate(metric="mae", min_improvement=0.01, floors={"roc_auc": 0.6}, guards={"roc_auc": 0.02}, min_rows=50)


def told(verdict: Verdict) -> str:
    return " ".join(verdict.reasons)


def test_the_first_challenger_that_beats_the_baseline_becomes_champion() -> None:
    verdict = decide(without_champion(), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.FIRST, True)
    assert "mae 18.90 against 26.00 of the naive baseline on the same 1,234 rows" in told(verdict)
    assert "better by 7.10 (95% interval of the improvement: 6.20 to 8.00)" in told(verdict)


def test_a_challenger_better_by_the_margin_and_beyond_noise_is_promoted() -> None:
    verdict = decide(with_champion(), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.PROMOTE, True)
    assert "mae 18.90 against 19.70 of the champion" in told(verdict)
    assert "4.0%, at least the 1.0% the contract asks for" in told(verdict)


def test_a_challenger_exactly_at_the_margin_is_promoted() -> None:
    assert decide(with_champion(relative=0.01), GATE).outcome == Outcome.PROMOTE


def test_a_challenger_better_by_less_than_the_margin_is_not_promoted() -> None:
    verdict = decide(with_champion(improvement=0.08, relative=0.004, low=0.02, high=0.14), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "At most it is better by 0.7%, surely less than the 1.0% the contract asks for." in told(verdict)


def test_an_improvement_below_a_margin_that_its_interval_spans_is_inconclusive() -> None:
    verdict = decide(with_champion(improvement=0.15, relative=0.0076, low=0.02, high=0.28), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert "0.8%, less than the 1.0% the contract asks for, though the interval does not exclude" in told(verdict)
    # The upper end is 0.13 away and the margin, 0.197, only 0.047: (0.13 / 0.047)² times 1,234 rows.
    assert "About 9,500 hold-out rows to judge by would be needed to tell" in told(verdict)


def test_a_difference_whose_interval_includes_zero_is_inconclusive() -> None:
    verdict = decide(with_champion(low=0.0), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert "interval of the improvement: 0.00 to 1.30" in told(verdict)


@pytest.mark.parametrize("against", [{"improvement": 0.0}, {"improvement": -0.1, "low": -0.5, "high": 0.0}])
def test_a_challenger_that_is_not_better_leaves_the_champion(against: dict[str, Any]) -> None:
    verdict = decide(with_champion(**against), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "not better than the champion" in told(verdict)


def test_too_few_rows_with_the_event_decide_nothing() -> None:
    verdict = decide(without_champion(judged_rows=49), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert "49 rows" in told(verdict)
    assert "50 are needed" in told(verdict)


def test_as_many_rows_as_asked_for_are_enough() -> None:
    assert decide(without_champion(judged_rows=50), GATE).outcome == Outcome.FIRST


def test_a_challenger_below_a_floor_is_kept_out_even_when_there_is_no_champion() -> None:
    verdict = decide(without_champion(challenger={"mae": 18.9, "roc_auc": 0.599}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "roc_auc is 0.599, and the contract's floor is 0.600." in verdict.reasons


def test_a_challenger_exactly_on_its_floor_may_ship() -> None:
    assert decide(without_champion(challenger={"mae": 18.9, "roc_auc": 0.6}), GATE).promote


def test_the_floor_of_a_metric_that_should_be_low_is_a_ceiling() -> None:
    gate = Gate(metric="mae", floors={"mae": 18.0})
    assert decide(without_champion(), gate).outcome == Outcome.KEEP
    assert decide(without_champion(), Gate(metric="mae", floors={"mae": 18.9})).outcome == Outcome.FIRST


def test_every_missed_floor_is_told() -> None:
    gate = Gate(metric="mae", floors={"roc_auc": 0.9, "mae": 10.0})
    assert len(decide(without_champion(), gate).reasons) == 2


def test_a_challenger_that_does_not_beat_the_baseline_never_ships() -> None:
    lost = Comparison(**(BASELINE_LOSES | {"low": -0.1, "improvement": 0.4}))
    for evaluation in (
        without_champion(against_baseline=lost),
        with_champion().model_copy(update={"against_baseline": lost}),
    ):
        verdict = decide(evaluation, GATE)
        assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
        assert "It does not beat the baseline: mae 18.90 against 26.00" in told(verdict)


def test_a_metric_that_is_no_number_misses_its_floor() -> None:
    verdict = decide(without_champion(challenger={"mae": 18.9, "roc_auc": math.nan}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "roc_auc is nan" in told(verdict)


def test_a_comparison_with_the_baseline_that_is_no_number_is_not_a_win() -> None:
    unknown = Comparison(**(BASELINE_LOSES | {"low": math.nan, "high": math.nan, "improvement": math.nan}))
    assert decide(without_champion(against_baseline=unknown), GATE).outcome == Outcome.KEEP


@pytest.mark.parametrize(
    "unknown",
    [
        {"low": math.nan},
        {"relative": math.nan},
        dict.fromkeys(("improvement", "relative", "low", "high"), math.nan),
    ],
)
def test_a_comparison_with_the_champion_that_is_no_number_is_not_a_win(unknown: dict[str, Any]) -> None:
    assert not decide(with_champion(**unknown), GATE).promote


def test_another_metric_that_falls_by_more_than_its_guard_blocks_the_promotion() -> None:
    verdict = decide(with_champion(challenger={"roc_auc": 0.67}), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert "roc_auc would go from 0.700 to 0.670, worse by more than the 0.020 the contract allows." in verdict.reasons


def test_another_metric_may_fall_within_its_guard() -> None:
    assert decide(with_champion(challenger={"roc_auc": 0.685}), GATE).outcome == Outcome.PROMOTE


def test_the_guard_of_a_metric_that_should_be_low_watches_it_rise() -> None:
    gate = Gate(metric="mae", guards={"brier": 0.01})

    def promoted(brier: float) -> bool:
        return decide(with_champion(champion={"brier": 0.2}, challenger={"brier": brier}), gate).promote

    assert promoted(0.1)
    assert promoted(0.205)
    assert not promoted(0.22)


def test_a_guarded_metric_that_is_no_number_blocks_the_promotion() -> None:
    gate = Gate(metric="mae", guards={"roc_auc": 0.02})
    assert decide(with_champion(challenger={"roc_auc": math.nan}), gate).outcome == Outcome.KEEP


def test_a_champion_that_cannot_be_scored_is_replaced_by_a_challenger_that_beats_the_baseline() -> None:
    verdict = decide(without_champion(champion_unscorable="feature 'recency' is gone"), GATE)
    assert (verdict.outcome, verdict.promote) == (Outcome.CHAMPION_UNSCORABLE, True)
    assert "feature 'recency' is gone" in told(verdict)
    assert "the naive baseline" in told(verdict)


def test_an_unscorable_champion_does_not_excuse_a_missed_floor() -> None:
    evaluation = without_champion(champion_unscorable="gone", challenger={"mae": 18.9, "roc_auc": 0.5})
    assert decide(evaluation, GATE).outcome == Outcome.KEEP


def test_an_evaluation_with_a_metric_that_is_no_number_survives_being_written_and_read() -> None:
    written = without_champion(challenger={"mae": 18.9, "roc_auc": math.nan}).model_dump_json()
    assert math.isnan(Evaluation.model_validate_json(written).challenger["roc_auc"])
