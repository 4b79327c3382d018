"""Earlier accepted rows stay readable when the contract changes."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

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
    query = f"SELECT {names} FROM {history.relation} ORDER BY day"
    return [tuple(row[:-1]) for row in history.connection.execute(query).fetchall()]


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


def many(path: Path, files: int, scattered: bool = False) -> list[Path]:
    """Files of 60 rows each, one a minute, all of them with the first row of the first file once more."""
    order = "hash(range)" if scattered else "range"
    return [
        accepted(
            path / f"{scattered}{number}.parquet",
            f"* FROM (SELECT 'v' || range AS who, TIMESTAMP '2020-01-01' + INTERVAL (range) MINUTE AS day FROM "
            f"(FROM range({number * 60}, {number * 60 + 60}) UNION ALL SELECT 0) ORDER BY {order})",
        )
        for number in range(files)
    ]


@pytest.mark.parametrize(("files", "scattered", "copied"), [(3, False, False), (3, True, True), (40, False, True)])
def test_few_files_in_order_of_time_are_read_where_they_are(
    tmp_path: Path, files: int, scattered: bool, copied: bool
) -> None:
    now = contract(who="text", day="timestamp")
    paths = many(tmp_path, files, scattered)
    if scattered:  # rows of all times in every file
        paths = [
            accepted(
                tmp_path / f"s{place}.parquet",
                f"* FROM read_parquet({[*map(str, paths)]}) WHERE hash(who) % 3 = {place}",
            )
            for place in range(3)
        ]
    history = gather(connect(tmp_path, "history"), now, paths[:1], paths[1:], tmp_path / "history.parquet")
    assert history is not None
    assert (tmp_path / "history.parquet").exists() == copied
    assert history.rows == files * 60
    assert (str(history.first_day), str(history.last_day)) == ("2020-01-01", f"2020-01-0{1 + (files * 60 - 1) // 1440}")
    found = history.connection.execute(f"SELECT who FROM {history.relation} ORDER BY day").fetchall()
    assert found == [(f"v{number}",) for number in range(files * 60)]


def test_rows_of_one_hash_are_told_apart_by_their_values(tmp_path: Path) -> None:
    connection = connect(tmp_path, "history")
    connection.execute("CREATE MACRO hash(one, two) AS 7")
    file = accepted(
        tmp_path / "file.parquet",
        "* FROM (VALUES ('a', TIMESTAMP '2020-01-01'), ('b', TIMESTAMP '2020-01-01'), ('a', NULL), "
        "('a', TIMESTAMP '2020-01-01'), (NULL, TIMESTAMP '2020-01-01'), (NULL, TIMESTAMP '2020-01-01')) AS t(who, day)",
    )
    now = contract(who="text", day="timestamp")
    history = gather(connection, now, [], [file], tmp_path / "history.parquet")
    assert history is not None
    assert connection.execute("SELECT hash('a', 'b')").fetchall() == [(7,)]
    found = connection.execute(f"SELECT who FROM {history.relation} ORDER BY who").fetchall()
    assert (found, history.new_rows) == ([("a",), ("b",), (None,)], (3,))
