"""What slices of the hold-out say of a challenger that is better as a whole."""

from evergreen.evaluation import Evaluation, SliceComparison
from evergreen.gate import Gate
from evergreen.verdict_words import as_share, compared, first_few


def slice_vetoes(evaluation: Evaluation, gate: Gate) -> list[str]:
    """Slices that are worse by more than their tolerance, beyond noise."""
    vetoes = [
        f"{_described(each, evaluation)}, which is {as_share(-each.comparison.relative)} where the contract allows "
        f"{as_share(gate.slices.get(each.column, 0.0))}, and beyond noise."
        for each in _worse(evaluation, gate)
        if _beyond_noise(each)
    ]
    return first_few(vetoes, "slices are so")


def slice_notes(evaluation: Evaluation, gate: Gate) -> list[str]:
    """What is known of slices and decides nothing: worse within noise, and too small to say."""
    within = [
        f"{_described(each, evaluation)}, more than the {as_share(gate.slices.get(each.column, 0.0))} the contract "
        "allows, but within noise."
        for each in _worse(evaluation, gate)
        if not _beyond_noise(each)
    ]
    return [
        *first_few(within, "slices are so"),
        *(f"Slices by {each.column!r}: {each.reason}." for each in evaluation.slices_left_out),
    ]


def _worse(evaluation: Evaluation, gate: Gate) -> list[SliceComparison]:
    """NaN, too, is more than a tolerance."""

    def allowed(each: SliceComparison) -> float:
        return gate.slices.get(each.column, 0.0) * abs(each.champion)

    return [each for each in evaluation.slices if not -each.comparison.improvement <= allowed(each)]


def _beyond_noise(each: SliceComparison) -> bool:
    return each.comparison.high < 0


def _described(each: SliceComparison, evaluation: Evaluation) -> str:
    of = f"of the champion on {each.rows:,} rows"
    values = each.challenger, each.champion
    told = compared(evaluation.metric, values, each.comparison, of)
    return f"Where {each.column!r} is {each.value!r}, {evaluation.metric} is {told}"
