"""The model report, as the verb writes it and of whatever there may be to tell."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.metrics import confusion_matrix

from container.evaluate.bootstrap import CONFIDENCE
from container.report.model.page import report
from evergreen.evaluation import Interval, Leak, SliceComparison
from evergreen.manifest import ColumnDrift, DataReport
from evergreen.metrics import IN_UNITS_OF_TARGET, Task
from evergreen.verdict import decide
from tests.integration.container.conftest import Stage, Trained
from tests.integration.container.pages import AWKWARD, NO_PLACE, is_whole_and_loads_nothing, text
from tests.integration.container.subjects import CHAMPION, comparison, subject, trained_table, with_contract
from tests.integration.container.tables import TableStage

BETTER = "the challenger is better enough"
NOISE = comparison("champion", low=-0.01)
PLOTS: dict[str, set[str]] = {
    "regression": {"predicted_against_actual", "residuals", "error_by_size"},
    "binary": {"roc", "precision_recall", "calibration", "confusion"},
    "multiclass": {"confusion", "by_class", "calibration"},
}
Pair = tuple[TableStage, TableStage]
TASKS: tuple[Task, ...] = ("regression", "binary", "multiclass")


@pytest.fixture(scope="module", params=TASKS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A challenger and a champion that learned less, of each task."""
    challenger = trained_table(tmp_path_factory.mktemp("challenger"), request.param, 600)
    return challenger, trained_table(tmp_path_factory.mktemp("champion"), request.param, 120)


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> TableStage:
    return trained_table(tmp_path_factory.mktemp("binary"), "binary")


def test_the_verb_writes_a_page_with_the_evaluation_it_wrote(pair: Pair, tmp_path: Path) -> None:
    challenger, champion = pair
    run = TableStage(tmp_path, task=challenger.task)
    found = run.evaluate(challenger.holdout, challenger.archive, champion=champion.archive)
    folder = run.output / "evaluation"
    html = (folder / "report.html").read_text()
    assert is_whole_and_loads_nothing(html)
    assert len(html.encode()) < 200_000
    verdict = decide(found, challenger.contract().gate)
    said = text(html)
    assert all(reason in said for reason in verdict.reasons)
    assert found.champion is not None
    for name in found.challenger:
        for model in (found.baseline, found.champion, found.challenger):
            digits = 2 if name in IN_UNITS_OF_TARGET else 3
            assert f" {model[name]:.{digits}f} ".replace("-", "−") in said, name
    names = {path.stem for path in (folder / "plots").iterdir()}
    assert names == PLOTS[challenger.task] | {"improvement", "importance_model"}


def test_an_event_has_the_plots_of_its_probability_and_of_its_days(trained: Trained, stage: Stage) -> None:
    stage.put(f"run/{stage.layout.report}", trained.report.model_dump_json())
    stage.evaluate(trained.output / "prepared" / "holdout", trained.archive, champion=trained.archive)
    folder = stage.output / "evaluation"
    html, names = (folder / "report.html").read_text(), {path.stem for path in (folder / "plots").iterdir()}
    assert is_whole_and_loads_nothing(html)
    assert names >= PLOTS["regression"] | PLOTS["binary"] | {"importance_event", "importance_duration"}
    said = text(html)
    assert f"{trained.report.rows:,}" in said
    assert f"judged as of {trained.report.holdout_cutoff}" in said
    assert "../prepared/report.html" in html
    assert "evergreen report r0" in said


def test_seconds_and_machine_of_every_step_are_priced(
    trained: Trained, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANCE_TYPE", "ml.m5.large")
    prepared = trained.report.model_copy(update={"seconds": 72.0, "instance": "lambda.4096MB"})
    stage.put(f"run/{stage.layout.report}", prepared.model_dump_json())
    stage.evaluate(trained.output / "prepared" / "holdout", trained.archive)
    said = text((stage.output / "evaluation" / "report.html").read_text())
    assert "Prepare the data lambda.4096MB 72.0 $0.0048" in said
    assert re.search(r"Judge it ml\.m5\.large \d+\.\d (&lt;)?\$0\.000\d", said)
    assert trained.report.seconds
    assert "An estimate" in said


def test_without_a_data_report_the_page_says_so(binary: TableStage) -> None:
    said = text(report(subject(binary)).html)
    assert "The data report was not at hand" in said


def test_drift_is_told_worst_first(binary: TableStage) -> None:
    drift = tuple(ColumnDrift(column=f"c{psi}", psi=psi, level="large") for psi in (0.3, 0.9))
    data = DataReport(usable=True, files=(), rejections=(), rows=77, drift=drift)
    said = text(report(replace(subject(binary), data=data)).html)
    assert said.index("PSI 0.90") < said.index("PSI 0.30")
    assert "2 of 2 compared columns differ" in said


def test_without_a_champion_the_page_says_what_the_challenger_is_judged_against(binary: TableStage) -> None:
    made = report(subject(binary))
    assert text(made.html).count("here is no champion yet") == 1
    assert "The challenger becomes the first champion" in made.html
    lost = report(subject(binary, changes={"against_baseline": comparison("baseline", low=-1)})).html
    assert "No champion yet: the challenger did not pass the gate" in lost
    assert "The challenger is judged against a naive baseline: there is no champion yet." in text(lost)
    assert 'class="line champion' not in made.html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"champion": None, "against_champion": None, "champion_unscorable": "its file is gone"}, "its file is gone"),
        ({"unjudgeable": "all rows are of one class"}, "all rows are of one class"),
        ({"leaks": (Leak(column=AWKWARD, reason="it alone ranks 99.9% of the rows right"),)}, "99.9% of the rows"),
    ],
)
def test_whatever_spoils_the_comparison_stands_at_the_top(
    binary: TableStage, changes: dict[str, object], words: str
) -> None:
    html = report(subject(binary, champion=binary, changes=changes)).html
    assert is_whole_and_loads_nothing(html)
    assert words in text(html[: html.index('id="metrics"')])


@pytest.mark.parametrize(
    ("gate", "changes", "words"),
    [
        ({}, {}, "The challenger is better and becomes champion"),
        ({"approval": "manual"}, {}, "The challenger is better and may become champion"),
        ({"floors": {"roc_auc": 0.99}}, {}, "The champion stays: the challenger did not pass the gate"),
        ({"min_rows": 10_000}, {}, "The champion stays: this hold-out cannot tell"),
        (
            {},
            {"against_champion": NOISE},
            "The champion stays: it cannot be told whether the challenger is better enough",
        ),
    ],
)
def test_the_headline_is_what_the_gate_decides(
    binary: TableStage, gate: dict[str, object], changes: dict[str, object], words: str
) -> None:
    made = with_contract(subject(binary, champion=binary, changes=changes), gate=gate)
    assert f">{words}<" in report(made).html
    assert made.verdict == decide(made.evaluation, made.contract.gate)


def test_intervals_floors_guards_and_the_deciding_metric_stand_in_the_table(binary: TableStage) -> None:
    intervals = {"challenger": {"pr_auc": Interval(low=0.612, high=0.788), "roc_auc": Interval(low=0.8, high=math.nan)}}
    made = subject(binary, champion=binary, changes={"intervals": intervals})
    made = with_contract(made, gate={"floors": {"roc_auc": 0.85}, "guards": {"roc_auc": 0.02}})
    said = text(report(made).html)
    assert "0.700 0.612 to 0.788" in said
    assert "at least 0.850; no worse than the champion by more than 0.020" in said
    assert "Average precision pr_auc decides higher" in said
    assert not NO_PLACE.search(said)


def test_what_an_explanation_starts_at_is_not_called_an_average_of_probabilities(binary: TableStage) -> None:
    said = text(report(subject(binary, champion=binary)).html)
    assert "starting at" in said
    assert "on average" not in said.partition("Explained rows")[2]


def test_one_slice_and_many_are_shown_with_their_tolerance(binary: TableStage) -> None:
    slices = tuple(
        SliceComparison(
            column="kind",
            value=AWKWARD if place == 0 else f"kind {place}",
            rows=40 + place,
            challenger=0.7,
            champion=0.71,
            comparison=comparison("champion", low=-0.02 if place else math.nan, high=0.01),
        )
        for place in range(60)
    )
    for shown in (slices[:1], slices):
        made = subject(binary, champion=binary, changes={"slices": shown})
        document = made.contract.model_dump(by_alias=True, exclude_none=True)
        columns = {**document["input"]["columns"], "kind": {"type": "text"}}
        made = with_contract(made, input={**document["input"], "columns": columns}, gate={"slices": {"kind": 0.05}})
        html = report(made).html
        assert is_whole_and_loads_nothing(html)
        assert html.count("<td><bdi>kind</bdi></td>") == len(shown)
        assert "5.0%" in html
        assert html.count(f"{CONFIDENCE:.0%} interval") >= 2
        assert "95%" not in html.partition('id="slices"')[2].partition("</p>")[0]


def test_each_model_tells_labels_from_its_own_threshold_on(binary: TableStage) -> None:
    made = replace(subject(binary, champion=binary), thresholds={"challenger": 0.2, "champion": 0.999})
    (confusion,) = (plot for plot in report(made).plots if plot.name == "confusion")
    found = [int(count.replace(",", "")) for count in re.findall(r'class="count[^>]*>([\d,]+)<', confusion.body)]
    said = {role: made.probabilities()[role] >= made.threshold(role) for role in ("challenger", "champion")}
    expected = [confusion_matrix(made.happened, each).ravel().tolist() for each in said.values()]
    assert found == [*expected[0], *expected[1]]
    assert "20% (challenger), 99.9% (champion)" in confusion.note


def test_the_champions_run_and_the_place_of_all_files_are_named(binary: TableStage) -> None:
    said = text(report(subject(binary, champion=binary)).html)
    assert f"evergreen report {CHAMPION.run_id}" in said
    assert "s3://b/runs/made/made-00002-bbbbbbbb/" in said


def test_the_page_says_how_the_challenger_was_trained(binary: TableStage) -> None:
    made = subject(binary)
    said = text(report(made).html)
    assert "Algorithm xgboost" in said
    assert "Rows learned from 300" in said
    assert f"Rounds {made.challenger.training['best_iterations']['model'] + 1}" in said
    assert "num_round 40" in said
