"""What a run makes of recent items: outcomes become rows, samples are labelled by two teachers, and neither judges
where it has taught."""

import json
from collections import Counter
from pathlib import Path

import pytest

from evergreen.manifest import DataReport
from evergreen.teachers import TeachersReport
from tests.integration.container.observed import FEATURES, SINCE, Line, Row, as_csv, observed, real_items

LOG, OTHER = "s3://data/inference/line_yield/log.csv", "s3://data/inference/line_yield/other.csv"
FIRST, KNOWN, UNKNOWN = slice(0, 4000), slice(4000, 7000), slice(7000, 9000)


@pytest.fixture(scope="module")
def items() -> list[Row]:
    return real_items()


class Taught(Line):
    """A run that has gone as far as the teachers."""

    report: DataReport
    teachers_report: TeachersReport


@pytest.fixture(scope="module")
def taught(items: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Rows of before, 3,000 recent items with their outcome and 2,000 without."""
    line = Taught(tmp_path_factory.mktemp("taught"))
    known = observed(items[KNOWN], outcomes=True)
    unknown = observed(items[UNKNOWN], outcomes=False, source=OTHER, start=3000)
    line.collect({"first.csv": as_csv(items[FIRST])}, [known, unknown])
    line.report = line.prepared()
    line.teachers_report = line.labelled()
    return line


def outcomes_of(line: Line) -> dict[str, Row]:
    return {row["UDI"]: row for row in line.table("collected/outcomes.parquet").to_pylist()}


def ids(rows: list[Row]) -> set[int]:
    return {int(row["UDI"]) for row in rows}


def test_items_of_logs_without_features_are_no_rows_and_keep_none_of_the_others_out(
    items: list[Row], tmp_path: Path
) -> None:
    line = Taught(tmp_path)
    bare = dict.fromkeys(FEATURES)
    known = observed(items[4000:4300], outcomes=True)
    without = [{**row, **bare} for row in observed(items[5000:7000], outcomes=True, source=OTHER, start=3000)]
    unknown = [{**row, **bare} for row in observed(items[7000:7100], outcomes=False, source=OTHER, start=6000)]
    line.collect({"first.csv": as_csv(items[FIRST])}, [known, without, unknown])
    collected = line.prepared().collected
    assert collected
    assert collected.outcomes
    assert (collected.outcomes.accepted, collected.outcomes.rejected, collected.outcomes.refused) == (300, 0, False)
    assert collected.samples is None


def test_items_with_an_outcome_become_rows_and_the_others_samples(taught: Taught, items: list[Row]) -> None:
    collected = taught.report.collected
    assert collected
    assert collected.outcomes
    assert (collected.outcomes.accepted, collected.outcomes.rejected) == (3000, 0)
    assert taught.report.rows == 7000
    counts = taught.report.rows_by_source
    assert counts["dropped"] + counts["outcomes"] == taught.report.train_rows
    assert taught.items("samples/samples") <= ids(items[UNKNOWN])
    assert taught.report.scoring_rows == 7000  # samples are nobody to publish predictions for


def test_recent_items_judge_and_nothing_that_judges_is_learned_from(taught: Taught, items: list[Row]) -> None:
    assert taught.report.collected
    assert taught.report.collected.recent_holdout
    holdout, validation = taught.items("holdout/holdout"), taught.items("train/validation")
    learned = taught.items("train/train") | taught.items("train/labelled")
    assert holdout <= ids(items[KNOWN])
    assert not holdout & learned
    assert not validation & learned
    assert not holdout & validation


def test_whatever_an_item_becomes_later_no_sample_is_ever_drawn_to_judge(
    taught: Taught, items: list[Row], tmp_path: Path
) -> None:
    later = Line(tmp_path, run_id="r2")
    known = observed(items[UNKNOWN], outcomes=True, start=3000)
    later.collect({}, [known], history=[taught.output / "accepted" / "a0.parquet"], earlier=taught)
    later.prepared()
    pseudo = taught.items("train/labelled")
    assert pseudo
    assert pseudo <= later.items("train/train")


def test_no_class_gets_more_samples_than_its_share_of_the_training_rows(taught: Taught) -> None:
    labelled = Counter(taught.table("prepared/train/labelled.parquet").column("Machine failure").to_pylist())
    training = Counter(taught.table("prepared/train/train.parquet").column("Machine failure").to_pylist())
    assert labelled
    assert all(labelled[label] <= 0.3 * training[label] for label in labelled)


def test_each_taught_row_says_where_it_comes_from(taught: Taught) -> None:
    row = taught.table("prepared/train/labelled.parquet").to_pylist()[0]
    assert row["\n\nsources"].split("\n") == [OTHER, "r1"]
    assert (row["\nweight"], row["\nrun"]) == (0.5, "r1")
    assert min(row["\nfirst teacher"], row["\nsecond teacher"]) >= 0.7


def test_a_model_learns_from_taught_rows_and_says_so(taught: Taught) -> None:
    done = taught.train(num_round="5")
    assert done.returncode == 0, done.stderr
    training = json.loads((taught.base / "model" / "training.json").read_bytes())
    teachers = taught.teachers_report.labelled
    assert training["rows_by_source"] == {**taught.report.rows_by_source, "teachers": teachers}
    assert training["rows"] == taught.report.train_rows
    assert training["teachers"].startswith("the teachers agree on ")


def test_the_same_items_are_taught_alike(taught: Taught, tmp_path: Path) -> None:
    again = Line(tmp_path)
    for name in ("train", "samples"):
        for path in (taught.base / "processing" / "input" / name).iterdir():
            again.put(f"../output/prepared/{name}/{path.name}", path)
    again.labelled()
    assert again.table("labelled/labelled.parquet").equals(taught.table("labelled/labelled.parquet"))


def test_teachers_that_are_wrong_about_recent_items_teach_nothing(items: list[Row], tmp_path: Path) -> None:
    """The world has turned round: what never failed does now."""
    turned = [{**row, "Machine failure": str(1 - int(row["Machine failure"]))} for row in items[KNOWN]]
    line = Line(tmp_path)
    known = observed(turned[:300], outcomes=True)
    line.collect({"first.csv": as_csv(items[FIRST])}, [known, observed(items[UNKNOWN], outcomes=False, start=3000)])
    line.prepared()
    report = line.labelled()
    assert report.agreed > 0.5 * report.samples
    assert report.precision is not None
    assert report.precision < 0.5
    assert (report.used, (line.output / "labelled" / "labelled.parquet").exists()) == (False, False)
    assert "none is learned from" in report.sentence()


def test_an_outcome_wins_over_a_sample_and_the_newest_outcome_over_an_older_one(
    items: list[Row], tmp_path: Path
) -> None:
    some = items[4000:4200]
    early = observed(some[:100], outcomes=True)
    corrected = {**early[0], "prediction": None, "time": SINCE.replace(hour=9), "outcome": "1", "source": OTHER}
    late = [
        {**row, "prediction": None, "time": SINCE.replace(hour=8), "outcome": "0"}
        for row in observed(some[100:150], outcomes=False)
    ]
    line = Line(tmp_path)
    unknown = observed(some[100:], outcomes=False)
    line.collect({"first.csv": as_csv(items[FIRST])}, [early, unknown, [corrected, *late]])
    found = outcomes_of(line)
    assert len(found) == 150
    assert found[early[0]["item_id"]]["Machine failure"] == "1"
    samples = {row["UDI"] for row in line.table("collected/samples.parquet").to_pylist()}
    assert samples == {row["UDI"] for row in some[150:]}


def test_samples_of_the_window_with_the_lowest_yield_come_first(items: list[Row], tmp_path: Path) -> None:
    good = observed(items[4000:4400], outcomes=True)
    bad = [{**row, "outcome": "1"} for row in observed(items[4400:4500], outcomes=True, start=500)]
    among_bad = [{**row, "time": bad[50]["time"]} for row in observed(items[4500:4505], outcomes=False)]
    before = observed(items[4505:4600], outcomes=False, start=300)
    line = Line(tmp_path)
    line.collect({"first.csv": as_csv(items[FIRST])}, [good, bad, before, among_bad])
    order = [row["UDI"] for row in line.table("collected/samples.parquet").to_pylist()]
    assert set(order[:5]) == {row["item_id"] for row in among_bad}


def test_with_few_outcomes_the_usual_hold_out_judges_and_the_report_says_so(items: list[Row], tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.collect({"first.csv": as_csv(items[FIRST])}, [observed(items[4000:4030], outcomes=True)])
    report = line.prepared()
    assert report.collected
    assert not report.collected.recent_holdout
    assert report.collected.holdout.startswith("judged by the usual hold-out: of items observed since 2026-11-20")
    assert line.items("holdout/holdout") & ids(items[FIRST])


def test_without_any_recent_item_the_run_is_as_ever(items: list[Row], tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.collect({"first.csv": as_csv(items[FIRST])}, [])
    report = line.prepared()
    assert report.usable
    assert report.collected
    assert (report.collected.outcomes, report.collected.teachable) == (None, 0)


@pytest.mark.parametrize("unlearned", [pytest.param(LOG, id="a log"), pytest.param("r1", id="a run")])
def test_the_next_rows_lack_exactly_what_is_unlearned(items: list[Row], tmp_path: Path, unlearned: str) -> None:
    first = Line(tmp_path / "first")
    by_log = observed(items[4000:4200], outcomes=True, source=LOG)
    by_other = observed(items[4200:4500], outcomes=True, source=OTHER, start=200)
    first.collect({"first.csv": as_csv(items[FIRST])}, [by_log])
    first.prepared()
    history = [first.output / "accepted" / "a0.parquet"]
    usual, without = (Line(tmp_path / name, run_id="r2") for name in ("usual", "without"))
    without.unlearned = (unlearned,)
    for line in (usual, without):
        line.collect({}, [by_log, by_other], history=history, earlier=first)
        line.prepared()
    everything, left = (
        set().union(*(line.items(name) for name in ("train/train", "train/validation"))) for line in (usual, without)
    )
    assert everything - left == everything & ids(items[4000:4200])
    assert left <= everything
    assert ids(items[4200:4500]) & left
