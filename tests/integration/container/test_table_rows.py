"""A table's columns are its features; who is learned from and judged by is drawn the same in every run."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from container.prepare.prepared_rows import PARTS, Unusable, in_part
from container.signature import AS_OF, ROW_NUMBER
from tests.integration.container.made_tables import accepted, part, parts, prepared, scored, table_contract

COLUMNS: dict[str, Any] = {"who": "text", "a": "number", "y": "integer"}


def people(count: int, rows_each: int = 1, start: int = 0) -> dict[str, list[Any]]:
    """Rows of p0, p1, …; a third of them positive."""
    numbers = [number for number in range(start, start + count) for _ in range(rows_each)]
    return {
        "who": [f"p{number}" for number in numbers],
        "a": [float(place) for place in range(len(numbers))],
        "y": [int(number % 3 == 0) for number in numbers],
    }


def test_columns_become_what_a_model_takes(tmp_path: Path) -> None:
    columns = {
        "who": "integer",
        "flag": "boolean",
        "born": "timestamp",
        "name": "text",
        "size": "integer",
        "much": "number",
        "secret": {"type": "number", "feature": False},
        "y": "boolean",
    }
    contract = table_contract(columns, positive="True")
    half = timedelta(hours=12)
    rows = 40
    file = accepted(
        tmp_path / "file.parquet",
        {
            "who": list(range(rows)),
            "flag": [True, False, None, True] * 10,
            "born": [datetime(1970, 1, 2) + half, datetime(1969, 12, 31), None, datetime(2020, 1, 1)] * 10,
            "name": ['a, "b"\nc', " a b  c ", "", None] * 10,
            "size": [2**53, -1, None, 0] * 10,
            "much": [1e39, float("nan"), -1.5, float("-inf")] * 10,
            "secret": [1.0] * rows,
            "y": [True, False] * 20,
        },
        born=pa.timestamp("us"),
    )
    _, signature = prepared(tmp_path, contract, [file])
    types = {feature.name: feature.type for feature in signature.features}
    assert types == {"flag": "integer", "born": "number", "name": "category", "size": "integer", "much": "number"}
    assert signature.classes == ("false", "true")
    assert signature.features[2].categories == ("a b c",)
    lines = {int(line[0]): line[1:] for line in scored(tmp_path)}
    assert lines[0] == ["1", "1.5", "a b c", str(2**53), ""]
    assert lines[1] == ["0", "-1.0", "a b c", "-1", ""]
    assert lines[2] == ["", "", "", "", "-1.5"]
    learned = pa.concat_tables(parts(tmp_path).values()).to_pylist()
    assert {row["who"]: row["y"] for row in learned} == {who: float(who % 2 == 0) for who in range(rows)}
    assert {row[AS_OF] for row in learned} == {None}


def test_an_entity_is_never_on_two_sides_and_its_newest_row_alone_is_scored(tmp_path: Path) -> None:
    file = accepted(tmp_path / "file.parquet", people(200, rows_each=3))
    prepared(tmp_path, table_contract(COLUMNS), [file])
    who = {name: set(table["who"].to_pylist()) for name, table in parts(tmp_path).items()}
    assert not who["train"] & who["validation"]
    assert not who["holdout"] & (who["train"] | who["validation"])
    assert 20 < len(who["holdout"]) < 60
    assert 16 < len(who["validation"]) < 50
    assert sum(table.num_rows for table in parts(tmp_path).values()) == 600
    assert {line[0]: float(line[1]) for line in scored(tmp_path)} == {f"p{n}": 3.0 * n + 2 for n in range(200)}


@pytest.mark.parametrize("entity", ["who", None])
def test_the_holdout_stays_the_same_when_data_comes_or_is_ordered_otherwise(tmp_path: Path, entity: str | None) -> None:
    columns = COLUMNS if entity else {"a": "number", "y": "integer"}
    contract, early, late = table_contract(columns, entity=entity), people(300), people(300, start=300)
    late["a"] = [value + 1000 for value in late["a"]]
    place = list(range(300))
    random.Random(7).shuffle(place)
    drawn = []
    for number, orders in enumerate(([early], [early, late], [{k: [v[i] for i in place] for k, v in early.items()}])):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = [{name: columns[name] for name in contract.input.columns} for columns in orders]
        prepared(folder, contract, [accepted(folder / f"{n}.parquet", file) for n, file in enumerate(files)])
        drawn.append(part(folder, "holdout").select(["a", "y"]).to_pylist())
    first, more, shuffled = ({row["a"] for row in rows} for rows in drawn)
    assert {value for value in more if value < 1000} == first == shuffled
    assert len(more) > len(first) > 30
    if entity:
        assert drawn[0] == drawn[2]  # to the order of rows, so that a model comes out the same


def test_rows_without_a_label_are_scored_and_not_learned(tmp_path: Path) -> None:
    rows = people(100)
    rows["y"] = [value if place < 70 else None for place, value in enumerate(rows["y"])]
    prepared(tmp_path, table_contract(COLUMNS), [accepted(tmp_path / "file.parquet", rows)])
    assert sum(table.num_rows for table in parts(tmp_path).values()) == 70
    assert len(scored(tmp_path)) == 100


def test_rows_without_an_entity_are_each_scored_under_their_number(tmp_path: Path) -> None:
    rows = people(100)
    del rows["who"]
    contract = table_contract({"a": "number", "y": "integer"}, entity=None)
    _, signature = prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows)])
    assert (signature.entity, signature.split) == (ROW_NUMBER, "random 0.2 by row")
    assert [line[0] for line in scored(tmp_path)] == [str(number) for number in range(1, 101)]
    assert part(tmp_path, "train").column_names == [ROW_NUMBER, AS_OF, "a", "y"]


def test_in_order_of_time_the_newest_rows_are_the_holdout_and_rows_of_one_moment_stay_together(tmp_path: Path) -> None:
    rows = people(100)
    day = [datetime(2020, 1, 1) + timedelta(days=min(place, 85)) for place in range(100)]
    rows["day"] = day[::-1]
    contract = table_contract({**COLUMNS, "day": "timestamp"}, split={"by": "time", "column": "day"})
    found, signature = prepared(tmp_path, contract, [accepted(tmp_path / "f.parquet", rows, day=pa.timestamp("us"))])
    holdout = part(tmp_path, "holdout")[AS_OF].to_pylist()
    learned = [value for name in ("train", "validation") for value in part(tmp_path, name)[AS_OF].to_pylist()]
    assert min(holdout) > max(learned)
    assert len(holdout) == 20
    assert found.holdout_from == "2020-03-21"
    assert signature.split == "time by day"
    assert [feature.name for feature in signature.features] == ["a"]


def test_the_newest_row_of_an_entity_is_the_latest_in_time_and_then_in_the_file(tmp_path: Path) -> None:
    rows = people(100, rows_each=3)
    rows["day"] = [datetime(2020, 1, 1 + (place % 3 != 2), place // 3 % 24) for place in range(300)]
    contract = table_contract({**COLUMNS, "day": "timestamp"}, split={"by": "time", "column": "day"})
    prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows, day=pa.timestamp("us"))])
    assert {line[0]: float(line[1]) for line in scored(tmp_path)} == {f"p{n}": 3.0 * n + 1 for n in range(100)}


AWKWARD = ["as_of", "fold", "row", "target", "duration", "part", "label", "order", 'a "quoted" one', "Größe [m²], ca."]


def test_columns_may_have_any_name(tmp_path: Path) -> None:
    names = [*AWKWARD, *(f"sensor {number}" for number in range(300))]
    rows: dict[str, list[Any]] = {name: [float(place + n) for n in range(60)] for place, name in enumerate(names)}
    rows |= {"the one, who": list(range(60)), 'is "it" true?': [n % 2 for n in range(60)], "who": ["x"] * 60}
    types = dict.fromkeys(names, "number") | {"the one, who": "integer", 'is "it" true?': "integer", "who": "text"}
    contract = table_contract(types, target='is "it" true?', entity="the one, who")
    _, signature = prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows)])
    assert [feature.name for feature in signature.features] == [*names, "who"]
    table = part(tmp_path, "train")
    assert table.column_names == ["the one, who", AS_OF, *names, "who", 'is "it" true?']
    assert len(scored(tmp_path)) == 60


@pytest.mark.parametrize(
    ("task", "labels", "words"),
    [
        ("binary", [None] * 60, "no row has a value of 'y'"),
        ("binary", [0] * 60, r"no row of 'y' is '1', the positive class of the contract; it holds '0' \(60\)"),
        ("binary", [1] * 60, "every row of 'y' is '1': with one class"),
        ("binary", [0, 1, 2] * 20, r"'y' holds 3 values, '0' \(20\), '1' \(20\), '2' \(20\)"),
        ("multiclass", [0] * 60, "'y' has 1 class with at least 5 rows"),
        ("multiclass", [*range(60)], "'y' has 0 classes with at least 5 rows"),
        ("regression", [None] * 60, "no row has a value of 'y'"),
    ],
)
def test_labels_that_allow_no_model_are_told_in_words(tmp_path: Path, task: str, labels: list[Any], words: str) -> None:
    rows = {**people(60), "y": labels}
    file = accepted(tmp_path / "file.parquet", rows, y=pa.int64())
    with pytest.raises(Unusable, match=words):
        prepared(tmp_path, table_contract(COLUMNS, task=task), [file])


def test_classes_are_in_order_and_rows_of_rare_ones_are_scored_but_not_learned(tmp_path: Path) -> None:
    rows = {**people(104), "y": [2, 10] * 50 + [7] * 4}
    contract = table_contract(COLUMNS, task="multiclass")
    found, signature = prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows)])
    assert signature.classes == ("2", "10")
    assert found.left_out == ("4 rows are left out, for their classes are too rare to learn: '7' (4)",)
    assert sum(found.count(in_part(name)).rows for name in PARTS) == 100
    assert len(scored(tmp_path)) == 104


def test_more_classes_than_a_model_should_tell_apart_are_refused(tmp_path: Path) -> None:
    rows = {**people(1010), "y": [number % 101 for number in range(1010)]}
    with pytest.raises(Unusable, match="holds 101 different values; 100 classes are the most"):
        prepared(tmp_path, table_contract(COLUMNS, task="multiclass"), [accepted(tmp_path / "f.parquet", rows)])


def test_a_regression_learns_from_finite_numbers_only(tmp_path: Path) -> None:
    rows = {**people(100), "y": [float("nan"), float("inf"), 1e39, None, *map(float, range(96))]}
    contract = table_contract({**COLUMNS, "y": "number"}, task="regression")
    found, signature = prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows)])
    assert sum(found.count(in_part(name)).rows for name in PARTS) == 96
    assert (signature.outputs, signature.classes) == (("prediction",), ())


def test_of_many_categories_the_most_frequent_are_known(tmp_path: Path) -> None:
    names = [f"n{number:04d}" for number in range(1500)]
    often = names[700:]
    rows = {**people(6200)}
    rows["a"] = [*names, *(often * 6)][:6200]
    contract = table_contract({**COLUMNS, "a": "text"}, split={"by": "random", "holdout_share": 0.01})
    _, signature = prepared(tmp_path, contract, [accepted(tmp_path / "file.parquet", rows)])
    categories = signature.features[0].categories
    assert len(categories) == 1000
    assert list(categories) == sorted(categories)
    assert set(often) <= set(categories)


def test_a_column_that_is_said_to_be_no_feature_reaches_no_model(tmp_path: Path) -> None:
    rows = people(100)
    rows["cause"] = [float(value) for value in rows["y"]]
    secret = table_contract({**COLUMNS, "cause": {"type": "number", "feature": False}})
    _, signature = prepared(tmp_path, secret, [accepted(tmp_path / "file.parquet", rows)])
    assert [feature.name for feature in signature.features] == ["a"]
    assert "cause" not in part(tmp_path, "train").column_names
