"""How often the gate errs: simulated pairs of models whose true difference is known, through bootstrap and verdict."""

import pytest

from bench.gate.pairs import Pairs

PAIRS = 1_000


@pytest.mark.parametrize(
    "pairs",
    [Pairs("regression", "mae", 200), Pairs("binary", "pr_auc", 200, base=0.15)],
    ids=lambda pairs: pairs.metric,
)
def test_of_a_thousand_equal_pairs_at_most_one_in_forty_is_promoted(pairs: Pairs) -> None:
    assert pairs.promoted(PAIRS) <= 0.025


@pytest.mark.parametrize(
    "pairs",
    [Pairs("regression", "mae", 400, min_improvement=0.05), Pairs("binary", "roc_auc", 600, min_improvement=0.02)],
    ids=lambda pairs: pairs.metric,
)
def test_a_challenger_that_is_better_by_far_is_promoted_and_a_worse_one_never(pairs: Pairs) -> None:
    assert pairs.promoted(40, gap=3 * pairs.min_improvement) > 0.8
    assert pairs.promoted(40, gap=-3 * pairs.min_improvement) == 0
