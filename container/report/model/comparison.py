"""The comparison that decides, as a picture: by how much the challenger is better, and how sure that is."""

from math import isfinite

from container.report.model.chart import Axis, Chart, Plot
from container.report.model.metrics import number
from evergreen.evaluation import Comparison, Evaluation

HEIGHT = 176


def improvement(evaluation: Evaluation, margin: float) -> Plot | None:
    """Each paired interval against zero; `margin` is the share of the champion's value that the contract asks for."""
    compared = [each for each in (evaluation.against_champion, evaluation.against_baseline) if each and _whole(each)]
    if not compared:
        return None
    ends = [0.0, *(end for each in compared for end in (each.low, each.high, each.improvement))]
    room = (max(ends) - min(ends) or 1.0) * 0.08
    better = Axis(f"improvement of {evaluation.metric}: better to the right", min(ends) - room, max(ends) + room)
    chart = Chart(better, Axis.of_names("", [each.against for each in compared]), height=HEIGHT)
    count = float(len(compared))
    chart.line([(0.0, 0.0), (0.0, count)], "axis", "no difference")
    asked = _asked(evaluation, margin)
    if asked is not None:
        chart.line([(asked, 0.0), (asked, 1.0)], "ideal", f"{margin:.1%} asked for")
    for place, each in enumerate(compared):
        y = place + 0.5
        chart.line([(each.low, y), (each.high, y)], "challenger")
        chart.dots([(each.improvement, y)], "challenger", "challenger")
    words = "; ".join(_words(each, evaluation) for each in compared)
    confidence = compared[0].confidence
    note = f"Dot: on the hold-out as it is. Line: {confidence:.0%} interval over {compared[0].resamples:,} resamples, "
    note += "each drawn alike for both models."
    return chart.finish("improvement", "Better by how much", words, note)


def _whole(comparison: Comparison) -> bool:
    return all(isfinite(each) for each in (comparison.low, comparison.high, comparison.improvement))


def _asked(evaluation: Evaluation, margin: float) -> float | None:
    value = (evaluation.champion or {}).get(evaluation.metric)
    return abs(value) * margin if value is not None and isfinite(value) and evaluation.against_champion else None


def _words(comparison: Comparison, evaluation: Evaluation) -> str:
    metric = evaluation.metric
    low, high = number(metric, comparison.low), number(metric, comparison.high)
    return f"against the {comparison.against} {number(metric, comparison.improvement)}, from {low} to {high}"
