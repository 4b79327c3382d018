"""The verdict: whether the challenger becomes champion, and why, in words. Pure; numbers in, sentences out."""

from enum import StrEnum
from math import floor, isfinite, isnan, log10

from evergreen.evaluation import Comparison, Evaluation
from evergreen.gate import Gate
from evergreen.metrics import HIGHER_IS_BETTER, IN_UNITS_OF_TARGET, MetricName
from evergreen.strict import Strict


class Outcome(StrEnum):
    """What the gate decided."""

    FIRST = "FIRST"
    PROMOTE = "PROMOTE"
    KEEP = "KEEP"
    INCONCLUSIVE = "INCONCLUSIVE"
    CHAMPION_UNSCORABLE = "CHAMPION_UNSCORABLE"


class Verdict(Strict):
    """The outcome, whether it changes the champion, and the reasons as sentences with numbers."""

    outcome: Outcome
    promote: bool
    reasons: tuple[str, ...]


def decide(evaluation: Evaluation, gate: Gate) -> Verdict:
    """Judge a challenger on what it showed on the hold-out."""
    if evaluation.judged_rows < gate.min_rows:
        reason = f"The hold-out has {evaluation.judged_rows} rows to judge by; {gate.min_rows} are needed."
        return Verdict(outcome=Outcome.INCONCLUSIVE, promote=False, reasons=(reason,))
    misses = _floor_misses(evaluation, gate) + _baseline_miss(evaluation)
    if misses:
        return Verdict(outcome=Outcome.KEEP, promote=False, reasons=tuple(misses))
    beats = _describe(evaluation.against_baseline, evaluation)
    if evaluation.champion_unscorable:
        reason = f"The champion cannot score this hold-out: {evaluation.champion_unscorable}"
        return Verdict(outcome=Outcome.CHAMPION_UNSCORABLE, promote=True, reasons=(reason, beats))
    if evaluation.against_champion is None:
        first = "There is no champion yet, and the challenger beats the naive baseline."
        return Verdict(outcome=Outcome.FIRST, promote=True, reasons=(first, beats))
    return _against_champion(evaluation, evaluation.against_champion, gate)


def _against_champion(evaluation: Evaluation, comparison: Comparison, gate: Gate) -> Verdict:
    told = _describe(comparison, evaluation)
    worse = _guard_misses(evaluation, gate)
    if worse:
        return Verdict(outcome=Outcome.KEEP, promote=False, reasons=(told, *worse))
    margin = gate.min_improvement
    if comparison.high <= 0 or comparison.improvement <= 0:
        return Verdict(outcome=Outcome.KEEP, promote=False, reasons=(told, "It is not better than the champion."))
    if not comparison.low > 0:  # NaN, too, is no evidence
        noise = "The interval includes zero, so the difference may be chance; the champion stays."
        return Verdict(outcome=Outcome.INCONCLUSIVE, promote=False, reasons=(told, noise))
    if not comparison.relative >= margin:
        small = f"That is {comparison.relative:.1%}, less than the {margin:.1%} the contract asks for."
        return Verdict(outcome=Outcome.KEEP, promote=False, reasons=(told, small))
    enough = f"That is {comparison.relative:.1%}, at least the {margin:.1%} the contract asks for, and beyond noise."
    return Verdict(outcome=Outcome.PROMOTE, promote=True, reasons=(told, enough))


def _describe(comparison: Comparison, evaluation: Evaluation) -> str:
    other = evaluation.baseline if comparison.against == "baseline" else (evaluation.champion or {})
    metric = evaluation.metric
    value = evaluation.challenger[metric]
    digits = _digits(metric, value)
    name = "the naive baseline" if comparison.against == "baseline" else "the champion"
    return (
        f"{metric} {_rounded(value, digits)} against {_rounded(other[metric], digits)} of {name} "
        f"on the same {evaluation.judged_rows:,} rows: {_by(comparison.improvement, digits)} "
        f"({comparison.confidence:.0%} interval of the improvement: "
        f"{_rounded(comparison.low, digits)} to {_rounded(comparison.high, digits)})."
    )


def _by(improvement: float, digits: int) -> str:
    size = _rounded(abs(improvement), digits)
    if float(size) == 0:
        return "the same"
    return f"{'better' if improvement > 0 else 'worse'} by {size}"


def _number(metric: MetricName, value: float) -> str:
    return _rounded(value, _digits(metric, value))


def _digits(metric: MetricName, value: float) -> int:
    """Decimals: two in units of the target, or three significant digits of a small value; three of a share."""
    if metric not in IN_UNITS_OF_TARGET or not isfinite(value):
        return 3
    return 2 if abs(value) >= 1 or not value else 2 - floor(log10(abs(value)))


def _rounded(value: float, digits: int) -> str:
    """Never a negative zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _floor_misses(evaluation: Evaluation, gate: Gate) -> list[str]:
    return [
        f"{name} is {_number(name, evaluation.challenger[name])}, and the contract's floor is {_number(name, floor)}."
        for name, floor in gate.floors.items()
        if _worse(name, evaluation.challenger[name], floor) > 0
    ]


def _baseline_miss(evaluation: Evaluation) -> list[str]:
    comparison = evaluation.against_baseline
    return [] if comparison.low > 0 else ["It does not beat the baseline: " + _describe(comparison, evaluation)]


def _guard_misses(evaluation: Evaluation, gate: Gate) -> list[str]:
    champion = evaluation.champion or {}
    return [
        f"{name} would go from {_number(name, champion[name])} to {_number(name, evaluation.challenger[name])}, "
        f"worse by more than the {_number(name, tolerance)} the contract allows."
        for name, tolerance in gate.guards.items()
        if name in champion and _worse(name, evaluation.challenger[name], champion[name]) > tolerance
    ]


def _worse(metric: MetricName, value: float, reference: float) -> float:
    """By how much `value` is worse than `reference`; negative when it is better. NaN counts as infinitely worse."""
    if isnan(value):
        return float("inf")
    return reference - value if HIGHER_IS_BETTER[metric] else value - reference
