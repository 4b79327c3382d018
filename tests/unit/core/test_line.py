"""A simulated line: drifts change what they name and nothing else, and logs hold what an inference log may."""

import csv
import gzip
import io
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evergreen.cli.line import shuffle, text_of
from evergreen.contract import Contract
from evergreen.contract_file import read_folder
from evergreen.drifts import Row, drift_named
from evergreen.errors import UserMustAct
from evergreen.inference import OWN_COLUMNS, logged_columns
from evergreen.line import Pace, given, held_back, items_of, log_of_outcomes, log_of_scores, right

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROWS: list[Row] = [
    {
        "UDI": str(number),
        "Product ID": f"L{47000 + number}",
        "Type": "L",
        "Air temperature [K]": "298.1",
        "Process temperature [K]": "308.6",
        "Rotational speed [rpm]": "1551",
        "Torque [Nm]": str(30 + number),
        "Tool wear [min]": "7",
        "Machine failure": "1" if number % 10 == 0 else "0",
        "TWF": "0",
    }
    for number in range(100)
]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_folder(Path(__file__).parents[3] / "datasets" / "line_yield").contract


def chance() -> random.Random:
    return random.Random(1)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_without_drift_items_are_the_rows_as_they_are(contract: Contract) -> None:
    items = items_of(contract, ROWS, [], chance())
    assert [each.item_id for each in items] == [row["UDI"] for row in ROWS]
    assert [each.outcome for each in items] == [row["Machine failure"] for row in ROWS]
    assert all({**row, **item.measured} == row for row, item in zip(ROWS, items, strict=True))


def test_a_shifted_sensor_changes_that_sensor_alone_and_never_the_outcome(contract: Contract) -> None:
    drift = drift_named("shifted-sensor", contract, ROWS, "Torque [Nm]", 25)
    for row, item in zip(ROWS, items_of(contract, ROWS, [drift], chance()), strict=True):
        assert float(item.measured["Torque [Nm]"]) == min(150, float(row["Torque [Nm]"]) + 25)
        assert item.outcome == row["Machine failure"]
        assert {**item.measured, "Torque [Nm]": "", "Machine failure": ""} == {
            **row,
            "Torque [Nm]": "",
            "Machine failure": "",
        }
    assert "'Torque [Nm]' reads +25" in drift.sentence


def test_a_sensor_reads_no_further_than_its_column_allows_and_whole_numbers_stay_whole(contract: Contract) -> None:
    drift = drift_named("scaled-sensor", contract, ROWS, "Rotational speed [rpm]", 10.01)
    assert {each.measured["Rotational speed [rpm]"] for each in items_of(contract, ROWS, [drift], chance())} == {"5000"}
    drift = drift_named("scaled-sensor", contract, ROWS, "Rotational speed [rpm]", 1.1)
    assert {each.measured["Rotational speed [rpm]"] for each in items_of(contract, ROWS, [drift], chance())} == {"1706"}


def test_without_an_amount_a_shift_is_three_standard_deviations(contract: Contract) -> None:
    drift = drift_named("shifted-sensor", contract, ROWS, "Torque [Nm]", None)
    shifted = items_of(contract, ROWS[:1], [drift], chance())[0]
    assert float(shifted.measured["Torque [Nm]"]) == pytest.approx(30 + 3 * 28.866, abs=0.01)


def test_random_labels_change_outcomes_alone_by_about_half_of_their_share(contract: Contract) -> None:
    drift = drift_named("random-labels", contract, ROWS, None, 0.8)
    items = items_of(contract, ROWS * 20, [drift], chance())
    wrong = sum(item.outcome != row["Machine failure"] for row, item in zip(ROWS * 20, items, strict=True))
    assert 0.35 < wrong / len(items) < 0.45
    assert all(item.measured["Torque [Nm]"] == row["Torque [Nm]"] for row, item in zip(ROWS * 20, items, strict=True))


@pytest.mark.parametrize(
    ("name", "column", "by", "told"),
    [
        ("rust", None, None, "no drift 'rust'; there are: none, shifted-sensor"),
        ("shifted-sensor", "Type", 1.0, "'Type' is no sensor of line_yield; it has: Air temperature"),
        ("random-labels", None, 1.5, "share of items"),
    ],
)
def test_a_drift_that_cannot_be_is_refused_in_words(
    contract: Contract, name: str, column: str | None, by: float | None, told: str
) -> None:
    with pytest.raises(UserMustAct, match=told):
        drift_named(name, contract, ROWS, column, by)


def test_the_scoring_function_is_given_features_and_neither_outcome_nor_name(contract: Contract) -> None:
    (item,) = items_of(contract, ROWS[:1], [], chance())
    assert set(given(contract, item)) == {
        "Type",
        "Air temperature [K]",
        "Process temperature [K]",
        "Rotational speed [rpm]",
        "Torque [Nm]",
        "Tool wear [min]",
    }


def test_logs_hold_only_what_an_inference_log_may_and_join_by_item(contract: Contract) -> None:
    items = items_of(contract, ROWS[:3], [], chance())
    answers: list[dict[str, Any]] = [{"prediction": "0", "confidence": 0.9}] * 3
    times = [T0 + timedelta(seconds=number) for number in range(3)]
    scores = table(log_of_scores(contract, items, answers, times, "line-yield-00001-aaaaaaaa"))
    assert set(scores[0]) <= {*OWN_COLUMNS, *logged_columns(contract)}
    assert [each["time"] for each in scores][1] == "2026-03-02T08:00:01.000Z"
    assert "outcome" not in scores[0]
    outcomes = table(log_of_outcomes(items, T0))
    assert [each["item_id"] for each in outcomes] == [each["item_id"] for each in scores]
    assert [each["outcome"] for each in outcomes] == ["1", "0", "0"]
    assert right(items, answers) == 2


def test_items_come_at_their_rate_and_a_log_when_its_last_item_is_made(contract: Contract) -> None:
    pace = Pace(rate=50, log_every=40, outcome_share=1, outcome_delay=5)
    items = items_of(contract, ROWS, [], chance())
    logs = list(pace.logs(items))
    assert [(seconds, len(made)) for seconds, made in logs] == [(0.8, 40), (1.6, 40), (2.0, 20)]
    assert [each for _, made in logs for each in made] == items
    times = pace.times(3, T0)
    assert [(T0 - each).total_seconds() for each in times] == [0.04, 0.02, 0]


def test_outcomes_are_known_of_a_share_and_the_same_items_for_a_seed(contract: Contract) -> None:
    items = items_of(contract, [*ROWS, {**ROWS[0], "Machine failure": ""}] * 10, [], chance())
    pace = Pace(rate=50, log_every=40, outcome_share=0.3, outcome_delay=5)
    known, again, other = (pace.known_later(items, random.Random(seed)) for seed in (1, 1, 2))
    assert known == again != other
    assert 200 < len(known) < 400
    assert all(each.outcome for each in known), "the file does not say what became of the others"


def test_a_drift_by_chance_is_the_same_for_a_seed(contract: Contract) -> None:
    drift = drift_named("random-labels", contract, ROWS, None, 0.5)
    first, again, other = (items_of(contract, ROWS, [drift], random.Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_rows_are_said_with_their_numbers(contract: Contract) -> None:
    text = "UDI,Machine failure\n1,0\n2,0\n"
    assert len(held_back(contract, text, 1, 1)) == 1
    with pytest.raises(UserMustAct, match="has 2 rows, and 1 skipped and 2 items are more"):
        held_back(contract, text, 1, 2)
    with pytest.raises(UserMustAct, match="no column Machine failure"):
        held_back(contract, "UDI\n1\n", 0, 1)


def test_a_sensor_that_holds_no_number_is_said_and_not_raised(contract: Contract) -> None:
    rows = [{**ROWS[0], "Torque [Nm]": "abc"}]
    with pytest.raises(UserMustAct, match="'Torque \\[Nm\\]' is 'abc' in the file, which is no number"):
        drift_named("shifted-sensor", contract, rows, "Torque [Nm]", None)
    drift = drift_named("scaled-sensor", contract, rows, "Torque [Nm]", 2)
    with pytest.raises(UserMustAct, match="which is no number"):
        items_of(contract, rows, [drift], chance())


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"UDI\n\xff\n", "no CSV file in UTF-8: byte 4"), (gzip.compress(b"UDI\n" * 99)[:20], "damaged gzip archive")],
    ids=["other text", "cut short"],  # the same on every worker: an archive has its time in it
)
def test_a_file_that_cannot_be_read_is_said_and_not_raised(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(UserMustAct, match=words):
        text_of(tmp_path / "rows.csv")


def test_a_shuffled_file_has_the_same_rows_in_another_order_and_the_same_one_for_a_seed(tmp_path: Path) -> None:
    source, first, again = (tmp_path / name for name in ("rows.csv", "first.csv", "again.csv"))
    source.write_text("id,said\n" + "".join(f'{number},"a, {number}"\n' for number in range(50)))
    shuffle(source, first, seed=3)
    shuffle(source, again, seed=3)
    before, after = table(source.read_text()), table(first.read_text())
    assert first.read_text() == again.read_text()
    assert after != before
    assert sorted(after, key=lambda row: int(row["id"])) == before
