"""How often the gate errs: simulated pairs of models whose true difference is known, through bootstrap and verdict."""

import numpy as np
import pytest

from bench.gate.pairs import Pairs
from container.evaluate.bootstrap import compare
from container.evaluate.holdout import LEAST_ROWS
from container.ranking import average_precision, roc_auc
from evergreen.metrics import MetricName

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


@pytest.mark.parametrize("metric", ["roc_auc", "pr_auc"])
def test_with_the_fewest_rows_of_a_class_that_may_judge_equal_models_seldom_win(metric: MetricName) -> None:
    """With 2 it would be one in 20; fewer than LEAST_ROWS are unjudgeable."""
    rows, won = 200, 0
    happened = np.arange(rows) < LEAST_ROWS
    measure = roc_auc if metric == "roc_auc" else average_precision
    for seed in range(400):
        noise = np.random.default_rng(seed).normal(size=(3, rows))
        one, other = (measure(happened, 1.5 * happened + noise[0] + 0.5 * each) for each in noise[1:])
        won += compare("champion", one, other, True, LEAST_ROWS).low > 0
    assert won / 400 <= 0.025
