"""What `evergreen run` shows of a tuned run."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from evergreen.cli.history import Execution, StateVisit
from evergreen.cli.trials import Trials

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def trial(name: str, value: float | None, status: str = "Completed", **more: Any) -> dict[str, Any]:
    found = {
        "TrainingJobName": name,
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"eta": "0.123456", "b": "x"},
    }
    metric = {"MetricName": "validation:mae", "Value": value}
    return found | ({"FinalHyperParameterTuningJobObjectiveMetric": metric} if value is not None else {}) | more


TRIALS = Trials(
    "orders-1c8c-00",
    "validation:mae",
    "orders-2",
    [
        trial("orders-1", 20.5),
        trial("orders-2", 19.5),
        trial("orders-3", None, "Failed", FailureReason="AlgorithmError: [no] rows"),
    ],
)


def test_the_chosen_trial_is_marked_and_a_failed_one_tells_why() -> None:
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(TRIALS.table())
    _, head, *rows = captured.get().splitlines()
    assert "validation:mae" in head
    assert [row.split() for row in rows] == [
        ["1", "20.5000", "b", "x,", "eta", "0.1235", "Completed"],
        ["*", "2", "19.5000", "b", "x,", "eta", "0.1235", "Completed"],
        ["3", "–", "b", "x,", "eta", "0.1235", "AlgorithmError:", "[no]", "rows"],
    ]


def test_programs_get_every_digit() -> None:
    document = TRIALS.document()
    assert document["best"] == "orders-2"
    assert [each["value"] for each in document["trials"]] == [20.5, 19.5, None]
    assert document["trials"][0]["hyperparameters"] == {"eta": "0.123456", "b": "x"}


def test_a_run_that_was_not_tuned_has_no_trials_and_nobody_is_asked() -> None:
    plain = Execution(NOW, NOW, (StateVisit("TrainChallenger", NOW, NOW),))
    assert Trials.of("orders-00001-3f2a9c81", plain) is None
    assert Trials.of("orders-00001-3f2a9c81", None) is None
