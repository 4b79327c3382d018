"""Small pictures of a column as SVG paths: step outlines of shares, drawn over a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

from container.report.figures import figure
from container.report.profile import Numbers, Tally, Times

WIDTH, HEIGHT = 280, 64


@dataclass(frozen=True)
class Picture:
    """The outlines of one column's rows, and what is written below them."""

    now: str
    before: str | None
    left: str
    right: str
    words: str  # for those who do not see it


def of_numbers(shape: Numbers, now: Tally, before: Tally | None) -> Picture:
    """A histogram of equal steps; the few values beyond them are one bar at either end."""
    series = [tally.steps for tally in (now, before) if tally is not None]
    below, above = (any(counts[end] for counts in series) for end in (0, -1))
    shares = [_shares(counts if below else counts[1:])[: None if above else -1] for counts in series]
    left, right = figure(max(shape.steps[0], shape.min)), figure(min(shape.steps[-1], shape.max))
    outlines = _outlines(shares)
    return Picture(
        now=outlines[0],
        before=outlines[1] if before else None,
        left=f"≤ {left}" if below else left,
        right=f"> {right}" if above else right,
        words=f"Histogram from {left} to {right}, median {figure(shape.median)}",
    )


def of_times(times: Times) -> Picture:
    """Rows by day, month or year; spans without rows are not drawn."""
    counts = [*times.periods.values()]
    (outline,) = _outlines([_shares(counts)])
    first, last = min(times.periods), max(times.periods)
    length = {"day": 10, "month": 7, "year": 4}[times.unit]
    most = max(counts)
    words = f"Rows by {times.unit} from {first} to {last}, at most {most:,} in one"
    return Picture(outline, None, first[:length], last[:length], words)


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]


def _outlines(series: Sequence[Sequence[float]]) -> list[str]:
    highest = max((share for shares in series for share in shares), default=0) or 1
    return [_outline(shares, highest) for shares in series]


def _outline(shares: Sequence[float], highest: float) -> str:
    """Up to each bar's height and along it; every series of a picture has the same scale."""
    width = WIDTH / max(len(shares), 1)
    steps = "".join(
        f"V{HEIGHT - share / highest * (HEIGHT - 2):.1f}H{width * place:.1f}" for place, share in enumerate(shares, 1)
    )
    return f"M0 {HEIGHT}{steps}V{HEIGHT}Z"
