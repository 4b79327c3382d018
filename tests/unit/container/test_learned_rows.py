"""Hashes of the rows that a model has learned from."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from container.learned_rows import FILE, LearnedRows, row_hashes
from container.rows import LabelledRows
from container.signature import AS_OF, OUTPUTS, ROW_NUMBER, Feature, Signature

FEATURES = (Feature("wear", "integer"), Feature("torque", "number"), Feature("kind", "category"))


def signature(entity: str = "who") -> Signature:
    return Signature("d", "regression", entity, FEATURES, "", "y", OUTPUTS["regression"], "random")


def rows(entity: str = "who", **columns: Any) -> LabelledRows:
    given = {
        entity: ["a", "b", "c"] if entity == "who" else [1, 2, 3],
        AS_OF: pa.nulls(3, pa.timestamp("us")),
        "wear": [1, None, 3],
        "torque": [0.5, 1.5, None],
        "kind": ["gear", None, "pump"],
        "y": [1.0, 2.0, 3.0],
    }
    table = pa.table({**given, **columns})
    return LabelledRows(table, np.array([1.0, 2.0, 3.0]))


def test_a_row_has_the_same_number_wherever_it_stands_and_whatever_is_beside_it() -> None:
    hashes = row_hashes(rows(), signature())
    turned = LabelledRows(rows().table.take([2, 0]), np.array([3.0, 1.0]))
    assert row_hashes(turned, signature()).tolist() == [hashes[2], hashes[0]]
    small = rows(wear=pa.array([1, None, 3], pa.int16()), kind=pa.array(["gear", None, "pump"]).dictionary_encode())
    assert row_hashes(small, signature()).tolist() == hashes.tolist()
    assert row_hashes(rows(**{AS_OF: pa.nulls(3)}), signature()).tolist() == hashes.tolist()


@pytest.mark.parametrize(
    "changed",
    [
        {"who": ["a", "x", "c"]},
        {"wear": [1, 0, 3]},  # zero is not nothing
        {"torque": [0.5, 1.5000001, None]},
        {"kind": ["gear", "", "pump"]},
        {AS_OF: pa.array([None, datetime(2024, 1, 1), None], pa.timestamp("us"))},
        {AS_OF: pa.array([None, date(2024, 1, 1), None], pa.date32())},
    ],
)
def test_a_row_with_another_value_has_another_number(changed: dict[str, Any]) -> None:
    known = LearnedRows.of([rows()], signature())
    assert known.among(row_hashes(rows(**changed), signature())).tolist() == [True, False, True]


def test_values_that_change_places_between_columns_make_another_row() -> None:
    one = row_hashes(rows(wear=[2, 2, 2], torque=[1.0, 1.0, 1.0]), signature())
    other = row_hashes(rows(wear=[1, 1, 1], torque=[2.0, 2.0, 2.0]), signature())
    assert not set(one.tolist()) & set(other.tolist())


def test_with_an_entity_the_target_plays_no_role_and_without_one_it_does() -> None:
    other = {"y": [1.0, 2.5, 3.0]}
    named = LearnedRows.of([rows()], signature())
    assert named.among(row_hashes(rows(**other), signature())).all()
    numbered = LearnedRows.of([rows(ROW_NUMBER)], signature(ROW_NUMBER))
    again = rows(ROW_NUMBER, **other, **{ROW_NUMBER: [7, 8, 9]})
    assert numbered.among(row_hashes(again, signature(ROW_NUMBER))).tolist() == [True, False, True]


def test_what_is_written_is_what_is_read_and_no_pickle(tmp_path: Path) -> None:
    known = LearnedRows.of([rows(), rows(who=["d", "e", "f"])], signature())
    known.save(tmp_path)
    read = LearnedRows.load((tmp_path / FILE).read_bytes())
    assert read.bits == known.bits == 0
    assert read.hashes.tolist() == known.hashes.tolist()
    assert len(read.hashes) == 6


def test_of_very_many_rows_an_even_sample_is_kept_and_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("container.learned_rows.MOST_HASHES", 1_000)
    numbers = np.arange(10_000)
    table = pa.table({"who": numbers, AS_OF: pa.nulls(10_000), "wear": numbers, "torque": numbers * 0.5})
    table = table.append_column("kind", pa.array(["gear"] * 10_000)).append_column("y", pa.array(numbers * 1.0))
    every = LabelledRows(table, numbers * 1.0)
    known = LearnedRows.of([every], signature())
    assert 500 < len(known.hashes) <= 1_000
    assert known.bits == 4
    assert known.among(row_hashes(every, signature())).sum() == len(known.hashes)
    known.save(tmp_path)
    read = LearnedRows.load((tmp_path / FILE).read_bytes())
    assert read.among(row_hashes(every, signature())).sum() == len(known.hashes)
