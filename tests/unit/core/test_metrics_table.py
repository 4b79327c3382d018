"""The table of metrics that the command line shows."""

from rich.console import Console

from evergreen.cli.watch import metrics_table
from evergreen.evaluation import Interval
from tests.unit.core.evaluations import with_champion


def test_every_metric_is_shown_with_its_interval_where_there_is_one() -> None:
    intervals = {"challenger": {"mae": Interval(low=18.1, high=19.6)}}
    evaluation = with_champion().model_copy(update={"intervals": intervals}).model_dump()
    console = Console(width=140)
    with console.capture() as shown:
        console.print(metrics_table(evaluation))
    (line,) = (line for line in shown.get().splitlines() if line.split()[:1] == ["mae"])
    assert line.split() == ["mae", "lower", "1,234", "26.000", "19.700", "18.900", "18.100–19.600"]


def test_an_evaluation_without_metrics_is_a_table_without_rows() -> None:
    evaluation = with_champion().model_copy(update={"challenger": {}, "baseline": {}, "champion": None})
    assert metrics_table(evaluation.model_dump()).row_count == 0
