"""Plots of predicted numbers: against the actual ones, their residuals, and their error by size."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from container.report.figures import figure
from container.report.model.chart import ORDER, Axis, Chart, Plot
from container.rows import Vector
from evergreen.evaluation import Role

CELLS = 40  # of the density, each way
SHADES = 5
BINS = 40  # of the residuals
BANDS = 7  # by actual size
FEW = 10  # rows, below which a band or a point would be noise
TAILS = (0.005, 0.995)  # what axes span when more would press everything together

Numbers = Mapping[Role, Vector]


def plots(what: str, actual: Vector, predicted: Numbers) -> list[Plot]:
    """All plots of a number; rows without an actual one are left out by the caller."""
    if not len(actual):
        return []
    return [density(what, actual, predicted), residuals(what, actual, predicted), error(what, actual, predicted)]


def density(what: str, actual: Vector, predicted: Numbers) -> Plot:
    """How many rows lie where, with each model's middle: the median of the actual by tenths of its prediction."""
    said = predicted["challenger"]
    left, right = _span(np.concatenate([each for role, each in predicted.items() if role != "baseline"]))
    low, high = _span(actual)
    chart = Chart(Axis(f"predicted {what}", left, right), Axis(f"actual {what}", low, high))
    across, up = np.linspace(left, right, CELLS + 1), np.linspace(low, high, CELLS + 1)
    counts, _, _ = np.histogram2d(said, actual, bins=(across, up))
    for shade in range(1, SHADES + 1):
        chart.boxes(_cells(counts, across, up, shade), f"cell s{shade}")
    ends = max(left, low), min(right, high)
    chart.line([(end, end) for end in ends] if ends[0] < ends[1] else [], "ideal", "equal")
    for role in ORDER:
        if role in predicted and role != "baseline":
            chart.line(_middle(predicted[role], actual), role, f"{role}’s median")
    outside = int(len(actual) - counts.sum())
    note = "Shaded: how many hold-out rows the challenger puts there. The lines join the median of the actual values."
    note += f" {outside:,} rows lie outside the picture." if outside else ""
    words = f"{len(actual):,} hold-out rows, most of them from {figure(low)} to {figure(high)}"
    return chart.finish("predicted_against_actual", "Predicted against actual", words, note)


def residuals(what: str, actual: Vector, predicted: Numbers) -> Plot:
    """How far off each model is, and to which side."""
    off = {role: predicted[role] - actual for role in ORDER if role in predicted}
    reach = float(np.quantile(np.abs(off["challenger"]), TAILS[1])) or 1.0
    reach = max(reach, *(float(np.quantile(np.abs(each), 0.95)) for each in off.values()))
    if 2 * reach > BINS and (actual == np.round(actual)).all():
        reach = np.ceil(2 * reach / BINS) * BINS / 2  # whole numbers fill steps of whole width evenly
    edges = np.linspace(-reach, reach, BINS + 1)
    shares = {role: np.histogram(np.clip(each, -reach, reach), edges)[0] / len(actual) for role, each in off.items()}
    highest = max(float(each.max()) for each in shares.values())
    chart = Chart(Axis(f"predicted less actual {what}", -reach, reach), Axis("share of rows", 0.0, highest, share=True))
    chart.line([(0.0, 0.0), (0.0, highest)], "ideal")
    for role, share in shares.items():
        steps = [(x, y) for (x0, x1), y in zip(pairwise(edges), share, strict=True) for x in (x0, x1)]
        chart.line(steps, role, role)
    middle = ", ".join(f"{role} {figure(float(np.median(each)))}" for role, each in off.items())
    note = "Left of zero a model says too little, right of it too much. The last bar on either side holds all beyond."
    return chart.finish("residuals", "Residuals", f"Median of predicted less actual: {middle}", note)


def error(what: str, actual: Vector, predicted: Numbers) -> Plot:
    """The mean absolute error of the same rows, by how large the actual number was."""
    edges = np.unique(np.quantile(actual, np.linspace(0, 1, BANDS + 1)))
    bands = max(len(edges) - 1, 1)
    place = np.clip(np.searchsorted(edges, actual, side="right") - 1, 0, bands - 1)
    rows = np.bincount(place, minlength=bands)
    means = {
        role: np.bincount(place, np.abs(predicted[role] - actual), bands) / np.maximum(rows, 1)
        for role in ORDER
        if role in predicted
    }
    names = [figure(float(f"{edge:.3g}")) for edge in edges]
    highest = max(float(each.max()) for each in means.values()) * 1.08
    chart = Chart(Axis.of_edges(f"actual {what}", names), Axis("mean absolute error", 0.0, highest or 1.0))
    for role, values in means.items():
        points = [(band + 0.5, float(values[band])) for band in np.flatnonzero(rows)]
        chart.line(points, role)
        chart.dots(points, role, role)
    told_means = [figure(float(f"{each:.4g}")) for each in means["challenger"]]
    told = "; ".join(f"from {names[band]} {told_means[band]}" for band in range(bands))
    note = f"Between the marks lie about equally many rows: {', '.join(f'{each:,}' for each in rows)}."
    return chart.finish("error_by_size", f"Error by actual {what}", f"Challenger: {told}", note)


def _span(values: Vector) -> tuple[float, float]:
    """From the least to the greatest, unless a few far ones would press all others together."""
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(each) for each in np.quantile(values, TAILS))
    if high - low > 1.5 * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _cells(counts: Vector, across: Vector, up: Vector, shade: int) -> list[tuple[float, float, float, float]]:
    """The cells of one shade; shades go by the root of the count, so that thin places show, too."""
    strength = np.ceil(np.sqrt(counts / (counts.max() or 1)) * SHADES)
    return [
        (float(across[i]), float(up[j]), float(across[i + 1]), float(up[j + 1]))
        for i, j in np.argwhere(strength == shade)
    ]


def _middle(predicted: Vector, actual: Vector) -> list[tuple[float, float]]:
    """By tenths of the prediction: its median and that of the actual."""
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, min(10, max(1, len(order) // FEW)))
    return [(float(np.median(predicted[part])), float(np.median(actual[part]))) for part in parts]
