"""The table of metrics, and that of slices: every model on the same rows, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from container.report.figures import figure
from container.report.model.chart import ORDER
from evergreen.evaluation import Evaluation, Interval, Role
from evergreen.gate import Gate
from evergreen.metrics import HIGHER_IS_BETTER, IN_UNITS_OF_TARGET, MetricName, counts_rows_with_event_only

NAMES: dict[str, str] = {
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "r2": "Variance explained (R²)",
    "pinball": "Pinball loss",
    "concordance": "Concordance",
    "roc_auc": "Area under ROC",
    "pr_auc": "Average precision",
    "logloss": "Log loss",
    "brier": "Brier score",
    "f1": "F1",
    "mcc": "Matthews correlation",
    "accuracy": "Accuracy",
    "macro_f1": "F1, mean over classes",
}


@dataclass(frozen=True)
class Cell:
    """One model's value of one metric, as text."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric of every model."""

    name: str
    words: str
    better: str
    rows: int
    decides: bool
    demands: str  # the contract's floor and guard
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class SliceRow:
    """The deciding metric where one column has one value."""

    column: str
    value: str
    rows: int
    champion: str
    challenger: str
    interval: str
    tolerance: str


def number(metric: str, value: float | None) -> str:
    """A metric's value with the digits that matter."""
    if value is None or not isfinite(value):
        return "–"
    if metric not in IN_UNITS_OF_TARGET:
        return f"{value + 0.0:.3f}".replace("-", "−")
    return f"{value:,.2f}".replace("-", "−") if 1 <= abs(value) < 1000 else figure(value)


def models(evaluation: Evaluation) -> list[Role]:
    """Those that could be scored."""
    scored = {"baseline": evaluation.baseline, "champion": evaluation.champion, "challenger": evaluation.challenger}
    return [role for role in ORDER if scored[role]]


def metric_rows(evaluation: Evaluation, gate: Gate) -> list[MetricRow]:
    """Every metric, the deciding one first."""
    names = sorted(evaluation.challenger, key=lambda name: name != evaluation.metric)
    return [
        MetricRow(
            name=name,
            words=NAMES.get(name, name),
            better="higher" if HIGHER_IS_BETTER[name] else "lower",
            rows=evaluation.judged_rows if _with_event_only(evaluation, name) else evaluation.rows,
            decides=name == evaluation.metric,
            demands="; ".join(_demands(name, gate)),
            cells=tuple(_cell(evaluation, role, name) for role in models(evaluation)),
        )
        for name in names
    ]


def slice_rows(evaluation: Evaluation, gate: Gate) -> list[SliceRow]:
    """Every slice of the contract's columns, as the evaluation orders them."""
    metric = evaluation.metric
    return [
        SliceRow(
            column=each.column,
            value=each.value,
            rows=each.rows,
            champion=number(metric, each.champion),
            challenger=number(metric, each.challenger),
            interval=_interval(metric, Interval(low=each.comparison.low, high=each.comparison.high)),
            tolerance=f"{gate.slices[each.column]:.1%}" if each.column in gate.slices else "",
        )
        for each in evaluation.slices
    ]


def _with_event_only(evaluation: Evaluation, name: MetricName) -> bool:
    return counts_rows_with_event_only(evaluation.task, name)


def _demands(name: MetricName, gate: Gate) -> Iterator[str]:
    sign = "at least" if HIGHER_IS_BETTER[name] else "at most"
    if name in gate.floors:
        yield f"{sign} {number(name, gate.floors[name])}"
    if name in gate.guards:
        yield f"no worse than the champion by more than {number(name, gate.guards[name])}"


def _cell(evaluation: Evaluation, role: Role, name: MetricName) -> Cell:
    values = {"challenger": evaluation.challenger, "baseline": evaluation.baseline, "champion": evaluation.champion}
    interval = evaluation.intervals.get(role, {}).get(name)
    return Cell(number(name, (values[role] or {}).get(name)), _interval(name, interval) if interval else "")


def _interval(metric: str, interval: Interval) -> str:
    if not (isfinite(interval.low) and isfinite(interval.high)):
        return ""
    return f"{number(metric, interval.low)} to {number(metric, interval.high)}"
