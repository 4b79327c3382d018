"""Earlier accepted rows stay readable when the contract changes."""

from pathlib import Path
from typing import Any

import duckdb

from container.prepare.engine import connect
from container.prepare.history import gather
from evergreen.contract import Contract


def contract(**columns: str) -> Contract:
    return Contract.model_validate(
        {
            "id": "visits",
            "entity": "who",
            "task": "time_to_event",
            "input": {"columns": {name: {"type": type} for name, type in columns.items()}},
            "features": "features.sql",
            "target": {"duration": "days", "horizon_days": 10},
            "split": {"by": "cutoffs", "column": "day"},
        }
    )


def accepted(path: Path, values: str) -> Path:
    duckdb.connect().execute(f"COPY (SELECT {values}) TO '{path}' (FORMAT parquet)")
    return path


def rows(folder: Path, now: Contract, earlier: list[Path], new: list[Path]) -> list[tuple[Any, ...]]:
    history = gather(connect(folder, "history"), now, earlier, new, folder / "history.parquet")
    assert history is not None
    names = ", ".join(f'"{name}"' for name in now.input.columns)
    query = f"SELECT {names} FROM read_parquet('{history.path}') ORDER BY day"
    return [tuple(row[:-1]) for row in duckdb.connect().execute(query).fetchall()]


def test_a_column_that_an_earlier_file_lacks_is_empty_in_its_rows(tmp_path: Path) -> None:
    old = accepted(tmp_path / "old.parquet", "'a' AS who, TIMESTAMP '2020-01-01' AS day")
    new = accepted(tmp_path / "new.parquet", "'b' AS who, 'x' AS note, TIMESTAMP '2020-01-02' AS day")
    now = contract(who="text", note="text", day="timestamp")
    assert rows(tmp_path, now, [old], [new]) == [("a", None), ("b", "x")]
    assert rows(tmp_path, now, [old], []) == [("a", None)]


def test_a_value_that_does_not_fit_a_changed_type_is_empty(tmp_path: Path) -> None:
    texts = [
        accepted(tmp_path / f"{day}.parquet", f"'a' AS who, '{value}' AS size, TIMESTAMP '2020-01-0{day}' AS day")
        for day, value in ((1, "7"), (2, "large"))
    ]
    numbers = accepted(tmp_path / "3.parquet", "'a' AS who, 9::BIGINT AS size, TIMESTAMP '2020-01-03' AS day")
    now = contract(who="text", size="integer", day="timestamp")
    assert rows(tmp_path, now, [*texts, numbers], []) == [("a", 7), ("a", None), ("a", 9)]


def test_rows_without_a_time_are_no_history(tmp_path: Path) -> None:
    old = accepted(tmp_path / "old.parquet", "'a' AS who, 'some day' AS day")
    now = contract(who="text", day="timestamp")
    assert gather(connect(tmp_path, "history"), now, [old], [], tmp_path / "history.parquet") is None
