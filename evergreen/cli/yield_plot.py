"""The observed yield as a picture."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from evergreen.yield_story import YieldStory

_COLOURS = {"alarm": "#c1121f", "promotion": "#2a7f3f", "rollback": "#b5651d"}
_FEW = 20  # points


def draw(told: YieldStory, path: Path) -> None:
    """Write a PNG: yield and bound over time, the threshold across, a line for each happening."""
    figure = Figure(figsize=(10, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    times: Any = [each.end for each in told.points]
    dot = "o" if len(times) <= _FEW else ""  # a line through one point is not seen
    shares = [each.share for each in told.points]
    axes.plot(times, shares, color="#888888", linewidth=1, marker=dot, label="observed yield")
    bounds = [each.share if each.bound is None else each.bound for each in told.points]
    axes.plot(times, bounds, color="#1f4e79", linewidth=1.6, marker=dot, label="its lower bound")
    axes.axhline(told.stated.threshold, color="black", linestyle="--", linewidth=1, label="threshold")
    named: set[str] = set()
    for each in told.happenings:
        label = None if each.kind in named else each.kind
        axes.axvline(each.at, color=_COLOURS[each.kind], linewidth=1.2, linestyle=":", label=label)  # type: ignore[arg-type]
        named.add(each.kind)
    if moments := [*times, *(each.at for each in told.happenings)]:
        axes.set_xlim(*shown(moments))  # type: ignore[arg-type]
    axes.set_title(f"Observed yield of {told.dataset}", loc="left")
    axes.set_ylabel("share of good inferences")
    axes.set_xlabel("UTC")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", frameon=False, ncols=3)
    figure.autofmt_xdate()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def shown(moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From when to when is drawn; of a single moment matplotlib by itself shows four years."""
    margin = max((max(moments) - min(moments)) * 0.03, timedelta(seconds=10))
    return min(moments) - margin, max(moments) + margin
