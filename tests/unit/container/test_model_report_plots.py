"""What the plots of the model report show, against scikit-learn's and SciPy's own figures."""

import re

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from container.report.model import classes, confusion, curves, importance, numbers
from container.report.model.chart import Axis, Chart, round_step

RANDOM = np.random.default_rng(5)
PROBABILITY = np.round(RANDOM.beta(0.6, 2.0, 3000), 2)  # with ties
HAPPENED = RANDOM.random(3000) < PROBABILITY**1.3
OTHER = np.clip(PROBABILITY + RANDOM.normal(0, 0.2, 3000), 0, 1)


def dots(body: str, role: str) -> list[tuple[float, float]]:
    """Where the dots of a model lie, in the picture."""
    found = re.findall(rf'class="dot {role}" cx="([\d.]+)" cy="([\d.]+)" r="4"', body)
    return [(float(x), float(y)) for x, y in found]


def in_data(chart: Chart, place: tuple[float, float]) -> tuple[float, float]:
    """From a place in the picture back to values."""
    (x0, y0), (x1, y1) = chart.at(chart.x.low, chart.y.low), chart.at(chart.x.high, chart.y.high)
    across, up = (place[0] - x0) / (x1 - x0), (place[1] - y0) / (y1 - y0)
    return (
        chart.x.low + across * (chart.x.high - chart.x.low),
        chart.y.low + up * (chart.y.high - chart.y.low),
    )


def test_the_areas_told_are_scikit_learns() -> None:
    said = {"challenger": PROBABILITY, "champion": OTHER}
    words = curves.roc(HAPPENED, said).words
    assert f"champion {roc_auc_score(HAPPENED, OTHER):.3f}" in words
    assert f"challenger {roc_auc_score(HAPPENED, PROBABILITY):.3f}" in words
    words = curves.precision_recall(HAPPENED, said).words
    assert f"champion {average_precision_score(HAPPENED, OTHER):.3f}" in words
    assert f"challenger {average_precision_score(HAPPENED, PROBABILITY):.3f}" in words
    assert f"chance {HAPPENED.mean():.3f}" in words


def test_the_curve_of_found_and_false_is_scikit_learns_also_where_rows_tie() -> None:
    wrong, found, _ = roc_curve(HAPPENED, PROBABILITY, drop_intermediate=False)
    mine = curves._counts(HAPPENED, PROBABILITY)
    assert mine[0] / HAPPENED.sum() == pytest.approx(found)
    assert mine[1] / (~HAPPENED).sum() == pytest.approx(wrong)


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    x = np.sort(RANDOM.random(50_000))
    y = np.sqrt(x)
    points = np.array(curves._thinned(x, y))
    assert len(points) <= curves.POINTS + 1
    assert (points[0], points[-1]) == (pytest.approx((x[0], y[0])), pytest.approx((x[-1], y[-1])))
    assert np.trapezoid(points[:, 1], points[:, 0]) == pytest.approx(np.trapezoid(y, x), abs=1e-3)


def test_calibration_dots_are_scikit_learns_bins() -> None:
    # The same edges fall to the same side when no probability lies on one.
    said = np.clip(PROBABILITY + 0.005, 0, 0.999)
    observed, mean = calibration_curve(HAPPENED, said, n_bins=10)
    plot = curves.calibration(HAPPENED, {"challenger": said}, "it")
    chart = Chart(Axis("", 0, 1), Axis("", 0, 1))
    drawn = [in_data(chart, place) for place in dots(plot.body, "challenger")][: len(mean)]
    assert drawn == [pytest.approx(pair, abs=0.002) for pair in zip(mean, observed, strict=True)]
    assert f"{(said < 0.1).sum():,}, " in plot.note


def test_rare_events_do_not_press_calibration_into_a_corner() -> None:
    plot = curves.calibration(HAPPENED, {"challenger": PROBABILITY / 40}, "it")
    places = [x for x, _ in dots(plot.body, "challenger")]
    assert max(places) - min(places) > 150


@pytest.mark.parametrize(("hits", "rows"), [(0, 9), (3, 40), (17, 17), (1, 1000)])
def test_the_interval_of_a_share_is_wilsons(hits: int, rows: int) -> None:
    expected = binomtest(hits, rows).proportion_ci(method="wilson")
    assert curves.wilson(hits, rows) == pytest.approx((expected.low, expected.high), abs=1e-4)


TRUTH = RANDOM.choice(5, 2000, p=[0.5, 0.3, 0.1, 0.07, 0.03])
TOLD = np.where(RANDOM.random(2000) < 0.7, TRUTH, RANDOM.integers(0, 4, 2000))  # the last class is hardly told


def test_the_confusion_matrix_is_scikit_learns_and_stands_in_the_picture() -> None:
    counts = confusion.matrix(TRUTH, TOLD, 5)
    assert (counts == confusion_matrix(TRUTH, TOLD)).all()
    body = confusion.confusion({"challenger": counts}, [f"c{place}" for place in range(5)], "").body
    assert all(f">{count:,}<" in body for count in counts.ravel())


def test_each_class_is_told_by_scikit_learns_precision_and_recall() -> None:
    counts = confusion.matrix(TRUTH, TOLD, 5)
    precision, recall, _, _ = precision_recall_fscore_support(TRUTH, TOLD)
    assert classes.precision(counts) == pytest.approx(precision)
    assert classes.recall(counts) == pytest.approx(recall)
    plot = classes.by_class({"challenger": counts}, ["a", "b", "c", "d", "e"])
    assert f"a: precision {precision[0]:.1%}, recall {recall[0]:.1%}" in plot.words


def test_a_class_that_is_never_told_has_no_precision() -> None:
    counts = np.array([[4, 0], [3, 0]])
    assert np.isnan(classes.precision(counts)[1])
    assert "precision none" in classes.by_class({"challenger": counts}, ["a", "b"]).words


def test_of_many_classes_the_rare_are_gathered_and_none_is_lost() -> None:
    counts = RANDOM.integers(0, 50, (40, 40)) * np.arange(1, 41)[:, None]
    fewer, names = confusion.gathered(counts, [f"c{place}" for place in range(40)])
    assert fewer.shape == (confusion.MOST, confusion.MOST)
    assert fewer.sum() == counts.sum()
    assert names[-1] == "29 others"
    assert "c39" in names


ACTUAL = RANDOM.gamma(2.0, 30.0, 4000)
PREDICTED = ACTUAL * 0.8 + RANDOM.normal(0, 10, 4000) + 5


def test_the_error_of_each_band_is_the_mean_absolute_error_of_its_rows() -> None:
    plot = numbers.error("days", ACTUAL, {"challenger": PREDICTED})
    edges = np.quantile(ACTUAL, np.linspace(0, 1, numbers.BANDS + 1))
    within = (edges[2] <= ACTUAL) & (edges[3] > ACTUAL)
    expected = mean_absolute_error(ACTUAL[within], PREDICTED[within])
    told = [float(text) for text in re.findall(r"from [\d,.]+ ([\d.]+)", plot.words)]
    assert told[2] == pytest.approx(expected, rel=1e-3)
    assert len(told) == numbers.BANDS


def test_every_row_is_in_the_density_or_told_to_be_outside() -> None:
    far = np.append(ACTUAL, 1e6)
    plot = numbers.density("days", far, {"challenger": np.append(PREDICTED, 10.0)})
    outside = int(re.findall(r"([\d,]+) rows lie outside", plot.note)[0].replace(",", ""))
    assert 1 <= outside <= 0.025 * len(far)
    assert plot.body.count('class="cell') == numbers.SHADES


def test_residuals_of_all_rows_add_up_to_one() -> None:
    plot = numbers.residuals("days", ACTUAL, {"challenger": PREDICTED, "baseline": np.full(4000, 50.0)})
    line, *_ = re.findall(r'class="line challenger" d="M([^"]*)"', plot.body)  # the next one is the legend's
    heights = [float(point.split(" ")[1]) for point in line.split("L")][::2]
    top = max(float(tick.rstrip("%")) for tick in re.findall(r'tick end"[^>]*>([\d.]+)%', plot.body)) / 100
    (high,) = [float(y) for y in re.findall(rf'tick end" x="[\d.]+" y="([\d.]+)">{100 * top:.4g}%<', plot.body)]
    floor = float(Chart(Axis(""), Axis("")).at(0, 0)[1])
    unit = top / (floor - (high - 4))
    assert sum((floor - height) * unit for height in heights) == pytest.approx(1, abs=0.02)
    assert f"challenger {np.median(PREDICTED - ACTUAL):.4g}".replace("-", "−") in plot.words


def test_weights_keep_what_matters_to_either_model_and_sum_to_one() -> None:
    now = RANDOM.dirichlet(np.ones(50))
    names = [f"f{place}" for place in range(50)]
    before = dict.fromkeys(names, 0.01) | {"f7": 0.51}
    now[7] = 0.0
    now /= now.sum()
    listed = importance.weights(names, now, before)
    assert len(listed) == importance.MOST + 1
    assert "f7" in {each.name for each in listed}
    assert sum(each.now for each in listed) == pytest.approx(1)
    assert sum(each.before or 0 for each in listed) == pytest.approx(1)
    assert listed[-1].name == "30 others together"


@pytest.mark.parametrize(("size", "step"), [(0.2, 0.2), (0.21, 0.5), (3.0, 5), (70, 100), (1e-9, 1e-9), (0.0, 1)])
def test_steps_between_ticks_are_round(size: float, step: float) -> None:
    assert round_step(size) == pytest.approx(step)


def test_ticks_lie_within_the_axis_and_are_written_without_noise() -> None:
    assert [text for _, text in Axis("", 0.0, 0.3, share=True).ticks()] == ["0%", "10%", "20%", "30%"]
    assert [text for _, text in Axis("", -0.25, 0.61).ticks()] == ["−0.2", "0", "0.2", "0.4", "0.6"]
    assert all(-3.3 <= value <= 1e4 for value, _ in Axis("", -3.3, 1e4).ticks())
