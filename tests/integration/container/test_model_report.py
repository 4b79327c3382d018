"""The model report, as the verb writes it and of whatever there may be to tell."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import confusion_matrix

from container.model import Model
from container.report.model.page import Report, report
from container.rows import LabelledRows
from container.signature import Feature, Signature
from evergreen.evaluation import Interval, Leak, SliceComparison
from evergreen.manifest import ColumnDrift, DataReport
from evergreen.metrics import IN_UNITS_OF_TARGET, Task
from evergreen.verdict import decide
from tests.integration.container.conftest import Stage, Trained
from tests.integration.container.pages import is_whole_and_loads_nothing
from tests.integration.container.subjects import CHAMPION, comparison, subject, with_contract
from tests.integration.container.tables import TableStage

AWKWARD = "</style><script>alert('1')</script> \"q\" & <b>more</b>"
BETTER = "the challenger is better enough"
NOISE = comparison("champion", low=-0.01)
NO_PLACE = re.compile(r"\b(nan|inf)\b")  # where a number should be
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
    challenger = _trained(tmp_path_factory.mktemp("challenger"), request.param, 600)
    return challenger, _trained(tmp_path_factory.mktemp("champion"), request.param, 120)


def _trained(folder: Path, task: Task, rows: int = 300) -> TableStage:
    stage = TableStage(folder, task=task).prepare_rows(rows, 100, 300)
    done = stage.train(num_round="40")
    assert done.returncode == 0, done.stderr
    return stage


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> TableStage:
    return _trained(tmp_path_factory.mktemp("binary"), "binary")


def _text(html: str) -> str:
    """What a reader sees, tags and runs of space aside."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.split("</style>", 1)[1]))


def _are_pictures_of_their_own(made: Report) -> bool:
    """Whether each plot is well-formed, has its colours in it, and refers to nothing."""
    for plot in made.plots:
        text = plot.standalone
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg", plot.name
        assert "var(" not in text
        assert "href" not in text
        assert not NO_PLACE.search(text), plot.name
        assert 'fill="#fff"' in text
    return True


def test_the_verb_writes_a_page_with_the_evaluation_it_wrote(pair: Pair, tmp_path: Path) -> None:
    challenger, champion = pair
    run = TableStage(tmp_path, task=challenger.task)
    found = run.evaluate(challenger.holdout, challenger.archive, champion=champion.archive)
    folder = run.output / "evaluation"
    html = (folder / "report.html").read_text()
    assert is_whole_and_loads_nothing(html)
    assert len(html.encode()) < 200_000
    verdict = decide(found, challenger.contract().gate)
    text = _text(html)
    assert all(reason in text for reason in verdict.reasons)
    assert found.champion is not None
    for name in found.challenger:
        for model in (found.baseline, found.champion, found.challenger):
            digits = 2 if name in IN_UNITS_OF_TARGET else 3
            assert f" {model[name]:.{digits}f} ".replace("-", "−") in text, name
    names = {path.stem for path in (folder / "plots").iterdir()}
    assert names == PLOTS[challenger.task] | {"improvement", "importance_model"}


def test_an_event_has_the_plots_of_its_probability_and_of_its_days(trained: Trained, stage: Stage) -> None:
    stage.put(f"run/{stage.layout.report}", trained.report.model_dump_json())
    stage.evaluate(trained.output / "prepared" / "holdout", trained.archive, champion=trained.archive)
    folder = stage.output / "evaluation"
    html, names = (folder / "report.html").read_text(), {path.stem for path in (folder / "plots").iterdir()}
    assert is_whole_and_loads_nothing(html)
    assert names >= PLOTS["regression"] | PLOTS["binary"] | {"importance_event", "importance_duration"}
    text = _text(html)
    assert f"{trained.report.rows:,}" in text
    assert f"judged as of {trained.report.holdout_cutoff}" in text
    assert "../prepared/report.html" in html
    assert "evergreen report r0" in text


def test_seconds_and_machine_of_every_step_are_priced(
    trained: Trained, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANCE_TYPE", "ml.m5.large")
    prepared = trained.report.model_copy(update={"seconds": 72.0, "instance": "lambda.4096MB"})
    stage.put(f"run/{stage.layout.report}", prepared.model_dump_json())
    stage.evaluate(trained.output / "prepared" / "holdout", trained.archive)
    text = _text((stage.output / "evaluation" / "report.html").read_text())
    assert "Prepare the data lambda.4096MB 72.0 $0.0048" in text
    assert re.search(r"Judge it ml\.m5\.large \d+\.\d (&lt;)?\$0\.000\d", text)
    assert trained.report.seconds
    assert "An estimate" in text


def test_without_a_data_report_the_page_says_so(binary: TableStage) -> None:
    text = _text(report(subject(binary)).html)
    assert "The data report was not at hand" in text


def test_drift_is_told_worst_first(binary: TableStage) -> None:
    drift = tuple(ColumnDrift(column=f"c{psi}", psi=psi, level="large") for psi in (0.3, 0.9))
    data = DataReport(usable=True, files=(), rejections=(), rows=77, drift=drift)
    text = _text(report(replace(subject(binary), data=data)).html)
    assert text.index("PSI 0.90") < text.index("PSI 0.30")
    assert "2 of 2 compared columns differ" in text


def test_without_a_champion_the_page_says_what_the_challenger_is_judged_against(binary: TableStage) -> None:
    made = report(subject(binary))
    assert _text(made.html).count("here is no champion yet") == 1
    assert "The challenger becomes the first champion" in made.html
    lost = report(subject(binary, changes={"against_baseline": comparison("baseline", low=-1)})).html
    assert "No champion yet: the challenger did not pass the gate" in lost
    assert "The challenger is judged against a naive baseline: there is no champion yet." in _text(lost)
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
    assert words in _text(html[: html.index('id="metrics"')])


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
    text = _text(report(made).html)
    assert "0.700 0.612 to 0.788" in text
    assert "at least 0.850; no worse than the champion by more than 0.020" in text
    assert "Average precision pr_auc decides higher" in text
    assert not NO_PLACE.search(text)


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


def test_values_that_are_no_numbers_are_shown_as_none(binary: TableStage) -> None:
    nothing = {"pr_auc": math.nan, "roc_auc": math.nan}
    changes = {
        "challenger": nothing,
        "baseline": nothing,
        "champion": nothing,
        "against_baseline": comparison("baseline", low=math.nan, high=math.nan, improvement=math.nan),
        "against_champion": comparison("champion", low=math.nan, high=math.nan, improvement=math.nan),
    }
    made = report(subject(binary, champion=binary, changes=changes))
    assert is_whole_and_loads_nothing(made.html)
    assert "improvement" not in {plot.name for plot in made.plots}
    assert _are_pictures_of_their_own(made)
    assert ">–<" in made.html


def test_names_and_values_with_markup_are_text(binary: TableStage) -> None:
    made = subject(binary)
    features = tuple(replace(each, name=f"{AWKWARD} {each.name}") for each in made.signature.features)
    signature = replace(made.signature, entity=AWKWARD, features=features, classes=(AWKWARD, f"{AWKWARD} 2"))
    names = {old.name: new.name for old, new in zip(made.signature.features, features, strict=True)}
    table = made.rows.table.rename_columns(
        [{"machine": AWKWARD, **names}.get(n, n) for n in made.rows.table.column_names]
    )
    where = table.column_names.index(f"{AWKWARD} kind")
    table = table.set_column(where, f"{AWKWARD} kind", pa.array([AWKWARD] * table.num_rows))
    model = Model(made.challenger.predictors, signature, {**made.challenger.training, "algorithm": AWKWARD})
    odd = replace(made, signature=signature, rows=LabelledRows(table, made.rows.targets), challenger=model)
    page = report(odd)
    assert is_whole_and_loads_nothing(page.html)
    assert page.html.count("</style>") == 1
    assert "<script" not in page.html
    assert _are_pictures_of_their_own(page)


def test_of_600_features_twenty_are_shown_and_the_rest_summed(tmp_path: Path) -> None:
    stage = Wide(tmp_path, task="binary").prepare_rows(300, 100, 200)
    assert stage.train(num_round="30", max_depth="3").returncode == 0
    made = report(subject(stage, champion=stage))
    (importance,) = (plot for plot in made.plots if plot.name.startswith("importance"))
    assert importance.body.count("<rect") == 21
    assert "580 others together" in importance.body
    shares = [float(text.strip("<>%")) for text in re.findall(r'end challenger"[^>]*>([^<]*)<', importance.body)]
    assert sum(shares) == pytest.approx(100, abs=1.5)
    assert is_whole_and_loads_nothing(made.html)
    assert len(made.html.encode()) < 300_000


@dataclass
class Wide(TableStage):
    """Rows of very many features; some of them know a little."""

    features: int = 600

    @property
    def signature(self) -> Signature:
        listed = tuple(Feature(f"f{place}", "number") for place in range(self.features))
        return replace(super().signature, features=listed)

    def rows(self, number: int, seed: int) -> pa.Table:
        table, random = super().rows(number, seed), np.random.default_rng(seed)
        result = np.array(table["result"])
        for place in range(self.features):
            known = result * (place < 40) / 9
            table = table.append_column(f"f{place}", pa.array(random.normal(0, 1, number) + known))
        return table


@pytest.mark.parametrize("task", TASKS)
def test_a_hundred_thousand_rows_make_no_large_page(task: Task, tmp_path: Path) -> None:
    stage = _trained(tmp_path / "small", task, 300)
    stage.prepare_rows(300, 100, 100_000)
    made = report(subject(stage, champion=stage))
    assert len(made.html.encode()) < 2_000_000
    assert len(made.html.encode()) < 200_000, "in fact it is far below"
    assert _are_pictures_of_their_own(made)
    assert is_whole_and_loads_nothing(made.html)


def test_a_holdout_of_a_few_rows_has_a_page_too(pair: Pair) -> None:
    made = subject(pair[0], champion=pair[1])
    for count in (1, 2, 7):
        rows = LabelledRows(made.rows.table.slice(0, count), made.rows.targets[:count])
        predictions = {role: each[:count] for role, each in made.predictions.items()}
        page = report(replace(made, rows=rows, predictions=predictions))
        assert not NO_PLACE.search(page.html)
        assert is_whole_and_loads_nothing(page.html)
        assert _are_pictures_of_their_own(page)


def test_rows_whose_answers_and_predictions_are_all_the_same_have_a_page_too(
    pair: Pair,
) -> None:
    made = subject(pair[0], champion=pair[1])
    same = LabelledRows(made.rows.table, np.ones(len(made.rows.targets)))
    predictions = {role: np.tile(each[:1], (len(each), 1)) for role, each in made.predictions.items()}
    page = report(replace(made, rows=same, predictions=predictions))
    assert is_whole_and_loads_nothing(page.html)
    assert not NO_PLACE.search(page.html)
    assert _are_pictures_of_their_own(page)


def test_of_an_unjudgeable_holdout_nothing_is_shown_but_why(pair: Pair) -> None:
    why = "all of the 300 rows are alike"
    nothing = {"challenger": {}, "baseline": {}, "champion": None, "against_champion": None}
    made = subject(pair[0], champion=pair[1], changes={"unjudgeable": why, **nothing})
    made = with_contract(made, gate={"min_rows": 10_000})
    page = report(replace(made, predictions={}, champion=None))
    assert is_whole_and_loads_nothing(page.html)
    assert why in _text(page.html)
    assert {plot.name for plot in page.plots} <= {"improvement"}
    assert 'id="plots"' not in page.html


def test_each_model_tells_labels_from_its_own_threshold_on(binary: TableStage) -> None:
    made = replace(subject(binary, champion=binary), thresholds={"challenger": 0.2, "champion": 0.999})
    (confusion,) = (plot for plot in report(made).plots if plot.name == "confusion")
    found = [int(text.replace(",", "")) for text in re.findall(r'class="count[^>]*>([\d,]+)<', confusion.body)]
    said = {role: made.probabilities()[role] >= made.threshold(role) for role in ("challenger", "champion")}
    expected = [confusion_matrix(made.happened, each).ravel().tolist() for each in said.values()]
    assert found == [*expected[0], *expected[1]]
    assert "20% (challenger), 99.9% (champion)" in confusion.note


def test_the_champions_run_and_the_place_of_all_files_are_named(binary: TableStage) -> None:
    text = _text(report(subject(binary, champion=binary)).html)
    assert f"evergreen report {CHAMPION.run_id}" in text
    assert "s3://b/runs/made/made-00002-bbbbbbbb/" in text


def test_the_page_says_how_the_challenger_was_trained(binary: TableStage) -> None:
    made = subject(binary)
    text = _text(report(made).html)
    assert "Algorithm xgboost" in text
    assert "Rows learned from 300" in text
    assert f"Rounds {made.challenger.training['best_iterations']['model'] + 1}" in text
    assert "num_round 40" in text
