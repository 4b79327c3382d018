"""Predicted against actual, as a PNG."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evergreen.verification import GoldenRows

_GREEN, _GREY, _RED = "#2f7d4f", "#777777", "#b5482f"
_BINS = 10


def plot(golden: GoldenRows, answers: Sequence[dict[str, Any]], title: str, target: Path) -> None:
    """Draw numbers as points about the diagonal, probabilities by outcome, and classes as counts."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second that no other command need pay

    figure = Figure(figsize=(11 if golden.task == "binary" else 7, 6), layout="constrained")
    figure.suptitle(title)
    match golden.task:
        case "binary":
            _outcomes(figure, golden, answers)
        case "multiclass":
            _counts(figure, golden, answers)
        case _:
            _points(figure, golden, answers)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120, format="png")


def _points(figure: Any, golden: GoldenRows, answers: Sequence[dict[str, Any]]) -> None:
    pairs = [(a, b["prediction"]) for a, b in zip(golden.actual, answers, strict=True) if a is not None]
    axes = figure.subplots()
    ends = [min(map(min, pairs)), max(map(max, pairs))] if pairs else [0, 1]
    axes.plot(ends, ends, color=_GREY, linewidth=1, label="as it was")
    axes.scatter(*zip(*pairs, strict=True) if pairs else ([], []), s=14, alpha=0.5, color=_GREEN, edgecolors="none")
    axes.set(xlabel=f"actual {golden.target}", ylabel=f"predicted {golden.target}")
    left_out = len(golden.actual) - len(pairs)
    axes.set_title(f"{len(pairs):,} golden rows" + (f"; {left_out:,} without the event are not shown" * bool(left_out)))
    axes.legend(loc="upper left")


def _outcomes(figure: Any, golden: GoldenRows, answers: Sequence[dict[str, Any]]) -> None:
    positive = golden.classes[1]
    pairs = [(a == positive, b["probability"]) for a, b in zip(golden.actual, answers, strict=True)]
    spread, calibration = figure.subplots(1, 2)
    for happened, color in ((False, _GREY), (True, _RED)):
        name = f"actual {golden.target} {'=' if happened else '≠'} {positive}"
        of_it = [probability for actual, probability in pairs if actual is happened]
        spread.hist(of_it, bins=20, range=(0, 1), color=color, alpha=0.6, label=f"{name} ({len(of_it):,} rows)")
    spread.set(xlabel=f"predicted probability of {positive}", ylabel="golden rows", yscale="log")
    spread.legend()
    calibration.plot([0, 1], [0, 1], color=_GREY, linewidth=1, label="as told")
    bins: dict[int, list[tuple[bool, float]]] = {}
    for actual, probability in pairs:
        bins.setdefault(min(int(probability * _BINS), _BINS - 1), []).append((actual, probability))
    points = [_bin(bins[place]) for place in sorted(bins)]
    told, came, sizes = zip(*points, strict=True) if points else ((), (), ())
    calibration.scatter(told, came, s=[20 + 4 * size**0.5 for size in sizes], color=_GREEN)
    for x, y, size in points:
        calibration.annotate(f"{size:,}", (x, y), textcoords="offset points", xytext=(7, -4), fontsize=8)
    calibration.set(xlabel="predicted probability", ylabel=f"share that is {positive}", xlim=(-0.03, 1.08))
    calibration.set_title("by tenths of probability, with their rows")


def _bin(pairs: Sequence[tuple[bool, float]]) -> tuple[float, float, int]:
    """What was told on average, how often it came true, and of how many."""
    return sum(p for _, p in pairs) / len(pairs), sum(a for a, _ in pairs) / len(pairs), len(pairs)


def _counts(figure: Any, golden: GoldenRows, answers: Sequence[dict[str, Any]]) -> None:
    counts = Counter((str(a), str(b["prediction"])) for a, b in zip(golden.actual, answers, strict=True))
    classes = golden.classes
    axes = figure.subplots()
    axes.imshow([[counts[actual, told] for told in classes] for actual in classes], cmap="Greens", norm="symlog")
    for y, actual in enumerate(classes):
        for x, told in enumerate(classes):
            axes.text(x, y, f"{counts[actual, told]:,}", ha="center", va="center")
    axes.set(xlabel="predicted", ylabel=f"actual {golden.target}")
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    axes.set_yticks(range(len(classes)), classes)
