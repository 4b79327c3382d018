"""Evaluations as EvaluateChallenger writes them, with only what a test cares about said aloud."""

from typing import Any

from evergreen.evaluation import Comparison, Evaluation, SliceComparison

BASELINE_LOSES: dict[str, Any] = {
    "against": "baseline",
    "improvement": 7.1,
    "relative": 0.27,
    "low": 6.2,
    "high": 8.0,
    "confidence": 0.95,
    "resamples": 2000,
}
CHAMPION_LOSES: dict[str, Any] = {
    **BASELINE_LOSES,
    "against": "champion",
    "improvement": 0.8,
    "relative": 0.04,
    "low": 0.3,
    "high": 1.3,
}


def without_champion(**changes: Any) -> Evaluation:
    """A challenger that clearly beats the baseline, and nobody else to beat."""
    said: dict[str, Any] = {
        "task": "time_to_event",
        "metric": "mae",
        "rows": 900,
        "judged_rows": 1234,
        "challenger": {"mae": 18.9, "roc_auc": 0.71},
        "baseline": {"mae": 26.0, "roc_auc": 0.5},
        "against_baseline": Comparison(**BASELINE_LOSES),
    }
    return Evaluation(**(said | changes))


def with_champion(
    *, champion: dict[str, float] | None = None, challenger: dict[str, float] | None = None, **against: Any
) -> Evaluation:
    """A challenger that beats the champion by 4 %, beyond noise, unless `against` says otherwise."""
    return without_champion(
        champion={"mae": 19.7, "roc_auc": 0.70} | (champion or {}),
        challenger={"mae": 18.9, "roc_auc": 0.71} | (challenger or {}),
        against_champion=Comparison(**(CHAMPION_LOSES | against)),
    )


def in_slice(value: str = "north", rows: int = 400, **comparison: Any) -> SliceComparison:
    """A slice of column site in which the challenger is surely worse by a tenth, unless told otherwise."""
    said = {**CHAMPION_LOSES, "improvement": -2.0, "relative": -0.1, "low": -3.0, "high": -1.0, **comparison}
    champion = 20.0
    return SliceComparison(
        column="site",
        value=value,
        rows=rows,
        challenger=champion - said["improvement"],
        champion=champion,
        comparison=Comparison(**said),
    )
