"""What dropping a file means: rows join the history once, or a snapshot takes the place of the one before."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from container.prepare.accepted import ORDER
from container.prepare.engine import quoted
from container.prepare.history import History
from container.signature import ROW_NUMBER
from tests.integration.container.made_tables import accepted, gathered, table_contract

COLUMNS = {"who": "integer", "a": "integer", "y": "integer"}


def rows(history: History) -> list[tuple[Any, ...]]:
    return history.connection.execute(f"SELECT who, a, y FROM {history.relation} ORDER BY {quoted(ORDER)}").fetchall()


def numbers(history: History) -> list[int]:
    found = history.connection.execute(
        f'SELECT "{ROW_NUMBER}" FROM {history.relation} ORDER BY {quoted(ORDER)}'
    ).fetchall()
    return [row[0] for row in found]


@pytest.mark.parametrize("key", [[], ["who"]])
def test_rows_dropped_again_change_nothing(tmp_path: Path, key: list[str]) -> None:
    contract = table_contract(COLUMNS, key=key)
    first = accepted(tmp_path / "first.parquet", {"who": [2, 1], "a": [5, None], "y": [0, 1]})
    other = accepted(tmp_path / "other.parquet", {"who": [1, 2, 3], "a": [None, 5, 5], "y": [1, 0, 0]})
    history = gathered(tmp_path, contract, [first, other], earlier=[first])
    assert rows(history) == [(2, 5, 0), (1, None, 1), (3, 5, 0)]
    assert (history.rows, history.new_rows, history.changed_rows) == (3, (0, 1), (0, 0))


def test_the_first_row_of_a_key_stays_and_later_ones_with_other_values_are_counted(tmp_path: Path) -> None:
    contract = table_contract(COLUMNS, key=["who"])
    old = accepted(tmp_path / "old.parquet", {"who": [1], "a": [1], "y": [0]})
    one = accepted(tmp_path / "one.parquet", {"who": [1, 2, 2, 2], "a": [9, 2, 2, 8], "y": [0, 0, 0, 0]})
    two = accepted(tmp_path / "two.parquet", {"who": [2, 3], "a": [None, 3], "y": [0, 0]})
    history = gathered(tmp_path, contract, [one, two], earlier=[old])
    assert rows(history) == [(1, 1, 0), (2, 2, 0), (3, 3, 0)]
    assert history.new_rows == (1, 1)
    assert history.changed_rows == (2, 1)


def test_earlier_files_come_first_in_their_order_whatever_their_types(tmp_path: Path) -> None:
    contract = table_contract(COLUMNS, key=["who"])
    texts = accepted(tmp_path / "texts.parquet", {"who": [1], "a": ["7"], "y": [0]})
    wholes = accepted(tmp_path / "wholes.parquet", {"who": [1], "a": [8], "y": [0]})
    again = accepted(tmp_path / "again.parquet", {"who": [1], "a": ["9"], "y": [0]})
    for earlier, stays in (([wholes, again, texts], 8), ([again, wholes, texts], 9), ([texts, wholes], 7)):
        assert rows(gathered(tmp_path, contract, [], earlier)) == [(1, stays, 0)]


def test_rows_without_their_key_are_all_kept(tmp_path: Path) -> None:
    contract = table_contract(COLUMNS, key=["who", "a"])
    file = accepted(tmp_path / "file.parquet", {"who": [1, 1, 1], "a": [None, None, 2], "y": [0, 1, 0]})
    assert gathered(tmp_path, contract, [file]).rows == 3


def test_the_newest_snapshot_is_all_the_data_with_every_row_of_it(tmp_path: Path) -> None:
    contract = table_contract(COLUMNS, arrives="replace")
    files = [
        accepted(tmp_path / f"{number}.parquet", {"who": [number, number], "a": [1, 1], "y": [0, 0]})
        for number in range(3)
    ]
    history = gathered(tmp_path, contract, files[1:], earlier=files[:1])
    assert rows(history) == [(2, 1, 0)] * 2
    assert history.new_rows == (0, 2)
    assert rows(gathered(tmp_path, contract, [], earlier=files[:1])) == [(0, 1, 0)] * 2


def test_rows_without_an_entity_are_numbered_on_over_an_appended_history(tmp_path: Path) -> None:
    contract = table_contract({"a": "integer", "y": "integer"}, entity=None)
    first = accepted(tmp_path / "first.parquet", {"a": [1, 2], "y": [0, 1]})
    second = accepted(tmp_path / "second.parquet", {"a": [2, 3], "y": [1, 1]})
    history = gathered(tmp_path, contract, [second], earlier=[first])
    assert numbers(history) == [1, 2, 4]
    assert history.new_rows == (1,)
    snapshot = table_contract({"a": "integer", "y": "integer"}, entity=None, arrives="replace")
    again = gathered(tmp_path, snapshot, [second], earlier=[first])
    assert numbers(again) == [1, 2]


def test_a_column_that_was_renamed_keeps_its_earlier_values_under_its_alias(tmp_path: Path) -> None:
    contract = table_contract({**COLUMNS, "a": {"type": "integer"}})
    renamed = table_contract({"who": "integer", "amount": {"type": "integer", "aliases": ["a"]}, "y": "integer"})
    old = accepted(tmp_path / "old.parquet", {"who": [1], "a": [7], "y": [0]})
    assert contract.input.columns.keys() != renamed.input.columns.keys()
    history = gathered(tmp_path, renamed, [], earlier=[old])
    assert history.connection.execute(f"SELECT amount FROM {history.relation}").fetchall() == [(7,)]


def test_row_numbers_of_two_files_never_meet_even_when_rows_of_the_first_were_rejected(tmp_path: Path) -> None:
    contract = table_contract({"a": "integer", "name": "text", "y": "integer"}, entity=None)
    one = tmp_path / "one.parquet"
    pq.write_table(pa.table({"a": [1, 2], "name": ["x", "y"], "y": [0, 1], ROW_NUMBER: [3, 5]}), one)
    two = accepted(tmp_path / "two.parquet", {"a": [3, 4, 5], "name": ["x", "y", "z"], "y": [0, 1, 0]})
    history = gathered(tmp_path, contract, [one, two])
    numbers = history.connection.execute(f'SELECT "{ROW_NUMBER}", a FROM {history.relation} ORDER BY 1').fetchall()
    assert numbers == [(3, 1), (5, 2), (6, 3), (7, 4), (8, 5)]
