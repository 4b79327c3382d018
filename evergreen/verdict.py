"""The verdict: whether the challenger becomes champion, and why, in words. Pure; numbers in, sentences out."""

from enum import StrEnum
from math import inf, isfinite

from evergreen.evaluation import Comparison, Evaluation
from evergreen.gate import Gate
from evergreen.metrics import HIGHER_IS_BETTER, MetricName
from evergreen.slices import slice_notes, slice_vetoes
from evergreen.strict import Strict
from evergreen.verdict_words import as_share, described, first_few, number, rows_needed


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
    """Judge a challenger on what it showed on the hold-out; what the contract made the gate overlook is told, too."""
    verdict = _judge(evaluation, gate)
    return verdict.model_copy(update={"reasons": (*verdict.reasons, *_overlooked(evaluation))})


def _judge(evaluation: Evaluation, gate: Gate) -> Verdict:
    """Whatever refuses a challenger comes before whatever speaks for it."""
    leaks = _leaks(evaluation)
    cannot = _cannot_judge(evaluation, gate)
    if cannot:
        return _stays(Outcome.INCONCLUSIVE, cannot, *leaks)
    refused = [*leaks, *_floor_misses(evaluation, gate), *_baseline_miss(evaluation)]
    if refused or evaluation.against_baseline is None:
        return _stays(Outcome.KEEP, *refused)
    beats = described(evaluation.against_baseline, evaluation)
    if evaluation.champion_unscorable:
        reason = f"The champion cannot score this hold-out: {evaluation.champion_unscorable}"
        return _wins(Outcome.CHAMPION_UNSCORABLE, reason, beats)
    if evaluation.against_champion is None:
        if evaluation.champion is not None:
            return _stays(Outcome.KEEP, "It was not compared with the champion.", beats)
        return _wins(Outcome.FIRST, "There is no champion yet, and the challenger beats the naive baseline.", beats)
    return _against_champion(evaluation, evaluation.against_champion, gate)


def _against_champion(evaluation: Evaluation, comparison: Comparison, gate: Gate) -> Verdict:
    told, notes = described(comparison, evaluation), slice_notes(evaluation, gate)
    worse = [*_guard_misses(evaluation, gate), *slice_vetoes(evaluation, gate)]
    if worse:
        return _stays(Outcome.KEEP, told, *worse, *notes)
    if comparison.improvement <= 0 or comparison.high <= 0:
        return _stays(Outcome.KEEP, told, "It is not better than the champion.", *notes)
    margin, asked = _margin(evaluation, gate), as_share(gate.min_improvement)
    if comparison.high < margin:
        most = f"At most it is better by {as_share(comparison.high / margin * gate.min_improvement)}, "
        return _stays(Outcome.KEEP, told, f"{most}surely less than the {asked} the contract asks for.", *notes)
    in_numbers = all(map(isfinite, (comparison.improvement, comparison.low, comparison.high)))
    if comparison.low <= 0 or not in_numbers:
        why = "The interval includes zero, so the difference may be chance" if in_numbers else "That is no evidence"
        noise = f"{why}; the champion stays."
        return _stays(Outcome.INCONCLUSIVE, told, noise, *_needed(evaluation, comparison, margin), *notes)
    if not _reaches(comparison, gate):
        small = (
            f"That is {as_share(comparison.relative)}, less than the {asked} the contract asks for, though the "
            "interval does not exclude as much; the champion stays."
        )
        return _stays(Outcome.INCONCLUSIVE, told, small, *_needed(evaluation, comparison, margin), *notes)
    share = f"{as_share(comparison.relative)}, at least the {asked} the contract asks for" if margin else "enough"
    return _wins(Outcome.PROMOTE, told, f"That is {share}, and beyond noise.", *notes)


def _wins(outcome: Outcome, *reasons: str) -> Verdict:
    return Verdict(outcome=outcome, promote=True, reasons=reasons)


def _stays(outcome: Outcome, *reasons: str) -> Verdict:
    return Verdict(outcome=outcome, promote=False, reasons=reasons)


def _cannot_judge(evaluation: Evaluation, gate: Gate) -> str | None:
    """Why these rows tell nothing, whatever the models say of them."""
    if evaluation.unjudgeable:
        return f"The hold-out cannot tell one model from another: {evaluation.unjudgeable}"
    if evaluation.judged_rows < gate.min_rows:
        return f"The hold-out has {evaluation.judged_rows:,} rows to judge by; {gate.min_rows:,} are needed."
    return None


def _leaks(evaluation: Evaluation) -> list[str]:
    found = [f"{leak.column!r} {leak.reason}." for leak in evaluation.leaks if not leak.trusted]
    if not found:
        return []
    remedy = (
        "Only what is known afterwards tells so much: say `feature: false` of such a column, or leave it out of the "
        "query; if it is honestly known beforehand, name it in `gate.trusted`."
    )
    return [*first_few(found, "columns do so"), remedy]


def _overlooked(evaluation: Evaluation) -> list[str]:
    """Who reads that a challenger won must know that it won by a column which would otherwise be taken for a leak."""
    told = [f"{leak.column!r} {leak.reason}; the contract trusts it." for leak in evaluation.leaks if leak.trusted]
    return first_few(told, "columns do so")


def _margin(evaluation: Evaluation, gate: Gate) -> float:
    """By how much the metric must be better, in its own unit."""
    value = (evaluation.champion or {}).get(evaluation.metric, float("nan"))
    return gate.min_improvement * abs(value) if isfinite(value) else 0.0


def _reaches(comparison: Comparison, gate: Gate) -> bool:
    return comparison.relative >= gate.min_improvement or (comparison.relative == 0 and comparison.improvement > 0)


def _needed(evaluation: Evaluation, comparison: Comparison, margin: float) -> list[str]:
    """How many rows could tell: those after which the interval, which shrinks with their root, leaves what it spans."""
    if comparison.low > 0:
        reach, gap = comparison.high - comparison.improvement, margin - comparison.improvement
    else:
        reach, gap = comparison.improvement - comparison.low, comparison.improvement
    return rows_needed(evaluation.judged_rows, reach, gap)


def _floor_misses(evaluation: Evaluation, gate: Gate) -> list[str]:
    return [
        f"{name} is {number(name, value)}, and the contract's floor is {number(name, floor)}."
        for name, floor in gate.floors.items()
        if not _worse(name, value := evaluation.challenger.get(name, float("nan")), floor) <= 0
    ]


def _baseline_miss(evaluation: Evaluation) -> list[str]:
    comparison = evaluation.against_baseline
    if comparison is None:
        return ["It was not compared with the naive baseline."]
    return [] if 0 < comparison.low < inf else ["It does not beat the baseline: " + described(comparison, evaluation)]


def _guard_misses(evaluation: Evaluation, gate: Gate) -> list[str]:
    champion = evaluation.champion or {}
    return [
        f"{name} would go from {number(name, champion[name])} to {number(name, value)}, "
        f"worse by more than the {number(name, tolerance)} the contract allows."
        for name, tolerance in gate.guards.items()
        if name in champion
        and not _worse(name, value := evaluation.challenger.get(name, float("nan")), champion[name]) <= tolerance
    ]


def _worse(metric: MetricName, value: float, reference: float) -> float:
    """By how much `value` is worse than `reference`; negative when it is better, NaN when nobody can tell."""
    return reference - value if HIGHER_IS_BETTER[metric] else value - reference
