"""How a verdict says its numbers: no digit that they cannot answer for."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

from evergreen.evaluation import Comparison, Evaluation
from evergreen.metrics import IN_UNITS_OF_TARGET, MetricName

_MOST_ROWS = 1_000_000_000
_MOST_SENTENCES = 6


def described(comparison: Comparison, evaluation: Evaluation) -> str:
    """Both values of the deciding metric, the difference, and where it may as well lie."""
    other = evaluation.baseline if comparison.against == "baseline" else (evaluation.champion or {})
    name = "the naive baseline" if comparison.against == "baseline" else "the champion"
    values = evaluation.challenger[evaluation.metric], other[evaluation.metric]
    of = f"of {name} on the same {evaluation.judged_rows:,} rows"
    return f"{evaluation.metric} {compared(evaluation.metric, values, comparison, of)}."


def compared(metric: MetricName, values: tuple[float, float], comparison: Comparison, of: str) -> str:
    """Half a sentence: one value against the other, better or worse by how much, with its interval."""
    digits = _digits(metric, values[0])
    return (
        f"{_rounded(values[0], digits)} against {_rounded(values[1], digits)} {of}: "
        f"{_by(comparison.improvement, digits)} ({comparison.confidence:.0%} interval of the improvement: "
        f"{_rounded(comparison.low, digits)} to {_rounded(comparison.high, digits)})"
    )


def number(metric: MetricName, value: float) -> str:
    """A metric's value."""
    return _rounded(value, _digits(metric, value))


def as_share(share: float) -> str:
    """A share in per cent."""
    return f"{share:.1%}"


def first_few(sentences: Sequence[str], kind: str) -> list[str]:
    """Not more sentences than a person reads; how many more of their kind there are."""
    more = len(sentences) - _MOST_SENTENCES
    return [*sentences[:_MOST_SENTENCES], *([f"And {more:,} more {kind}."] if more > 0 else [])]


def rows_needed(rows: int, reach: float, gap: float) -> list[str]:
    """A sentence on how many rows would narrow an interval's reach to the gap; none where nothing can be said."""
    if not (isfinite(reach) and isfinite(gap)) or gap <= 0 or reach <= gap:
        return []
    needed = rows * (reach / gap) ** 2
    if needed > _MOST_ROWS:
        return ["More than a billion hold-out rows would be needed to tell, so it makes no difference."]
    digits = 10 ** max(0, floor(log10(needed)) - 1)
    about = ceil(needed / digits) * digits
    return [f"About {about:,} hold-out rows to judge by would be needed to tell, if the difference stays as it is."]


def _by(improvement: float, digits: int) -> str:
    if not isfinite(improvement):
        return "nobody can tell which is better"
    size = _rounded(abs(improvement), digits)
    if float(size) == 0:
        return "the same"
    return f"{'better' if improvement > 0 else 'worse'} by {size}"


def _digits(metric: MetricName, value: float) -> int:
    """Decimals: two in units of the target, or three significant digits of a small value; three of a share."""
    if metric not in IN_UNITS_OF_TARGET or not isfinite(value):
        return 3
    return 2 if abs(value) >= 1 or not value else 2 - floor(log10(abs(value)))


def _rounded(value: float, digits: int) -> str:
    """Never a negative zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"
