"""Plots of a probability: how well it tells rows apart, and whether it can be taken at its word."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from container.report.figures import share
from container.report.model.chart import ORDER, Axis, Chart, Plot, round_step
from container.rows import Vector
from evergreen.evaluation import Role

POINTS = 200  # of a curve, at most
BINS = 10
Z = 1.96  # of a 95 % interval

Probabilities = Mapping[Role, Vector]
Flags = NDArray[np.bool_]


def roc(happened: Flags, said: Probabilities) -> Plot:
    """The share of events found against the share of the others that are taken for one."""
    chart = Chart(Axis("share of the others taken for it", share=True), Axis("share found", share=True))
    chart.line([(0.0, 0.0), (1.0, 1.0)], "ideal", "chance")
    areas = []
    for role in _models(said):
        found, wrong = _counts(happened, said[role])
        x, y = wrong / max(int((~happened).sum()), 1), found / max(int(happened.sum()), 1)
        areas.append(f"{role} {np.trapezoid(y, x):.3f}")
        chart.line(_thinned(x, y), role, role)
    words = f"Area under the curve: {', '.join(areas)}; chance 0.5"
    return chart.finish("roc", "Events found against false alarms (ROC)", words, f"{words}.")


def precision_recall(happened: Flags, said: Probabilities) -> Plot:
    """Of the rows that are named, how many are right, against how many of all events are named."""
    chart = Chart(Axis("share found (recall)", share=True), Axis("share right (precision)", share=True))
    rate = float(happened.mean())
    chart.line([(0.0, rate), (1.0, rate)], "ideal", "chance")
    areas = []
    for role in _models(said):
        found, wrong = _counts(happened, said[role])
        recall, precision = found[1:] / max(int(happened.sum()), 1), found[1:] / (found[1:] + wrong[1:])
        areas.append(f"{role} {float(np.sum(np.diff(recall, prepend=0.0) * precision)):.3f}")
        chart.line(_thinned(np.append(0.0, recall), np.append(precision[0], precision)), role, role)
    words = f"Average precision: {', '.join(areas)}; chance {rate:.3f}"
    return chart.finish("precision_recall", "Precision and recall", words, f"{words}.")


def calibration(happened: Flags | Mapping[Role, Flags], said: Probabilities, of: str) -> Plot:
    """What happened among rows of about the same probability, with 95 % intervals and how many rows there are.

    What "happened" may differ by model, as whether its label was right does.
    """
    models = _models(said)
    highest = max(float(said[role].max()) for role in models)
    top = min(1.0, round_step(highest))
    chart = Chart(Axis(f"predicted probability of {of}", 0.0, top, share=True), Axis("share observed", share=True))
    chart.line([(0.0, 0.0), (top, top)], "ideal", "as said")
    counts = ""
    for role in models:
        came = happened[role] if isinstance(happened, Mapping) else happened
        place = np.minimum((said[role] / top * BINS).astype(int), BINS - 1)
        bins = [(place == number) for number in range(BINS) if (place == number).any()]
        points = [(float(said[role][rows].mean()), float(came[rows].mean())) for rows in bins]
        limits = [
            (x, *wilson(int(came[rows].sum()), int(rows.sum()))) for (x, _), rows in zip(points, bins, strict=True)
        ]
        chart.spans(limits, role)
        chart.line(points, f"{role} thin")
        chart.dots(points, role, role)
        counts = ", ".join(f"{int(rows.sum()):,}" for rows in bins)
    told = "; ".join(f"said {share(x)}, came {share(y)}" for x, y in points)
    note = f"On the dashed line, probabilities can be taken at their word. The {models[-1]}’s rows from left to right: "
    return chart.finish("calibration", "Calibration", f"{models[-1]}: {told}", f"{note}{counts}.")


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The interval of a share that holds where rows are few or the share is near its ends (Wilson, 1927)."""
    middle = (hits + Z * Z / 2) / (rows + Z * Z)
    reach = Z / (rows + Z * Z) * float(np.sqrt(hits * (rows - hits) / rows + Z * Z / 4))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _models(said: Probabilities) -> list[Role]:
    """Those whose probabilities differ from row to row by design; the baseline is chance itself."""
    return [role for role in ORDER if role in said and role != "baseline"]


def _counts(happened: Flags, probability: Vector) -> tuple[Vector, Vector]:
    """Of the rows at or above each probability, highest first: those with the event and those without; from none."""
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found = np.cumsum(happened[order])[ends]
    return np.append(0.0, found), np.append(0.0, ends + 1 - found)


def _thinned(x: Vector, y: Vector) -> list[tuple[float, float]]:
    """As many points as a picture can show, evenly along the curve."""
    if len(x) > POINTS:
        along = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
        wanted = np.searchsorted(along, np.linspace(0, along[-1], POINTS))
        keep = np.unique(np.append(np.clip(wanted, 0, len(x) - 1), len(x) - 1))
        x, y = x[keep], y[keep]
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
