"""Rows to score in parts of bounded size, listed with their rows for whoever loads them."""

from pathlib import Path

import duckdb
import pytest

from container.prepare import outputs
from container.prepare.prepared_rows import PART, SCORED, PreparedRows
from container.signature import AS_OF, Feature, Signature
from evergreen.generations import ScoringParts


def rows(count: int) -> PreparedRows:
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE made AS SELECT (range * 7) % {count} AS item, DATE '2026-03-02' AS \"{AS_OF}\", "
        f"range / 2 AS a, 1.0 AS y, 'train' AS {PART}, range % 10 < 9 AS {SCORED}, range AS \"\norder\" "
        f"FROM range({count})"
    )
    return PreparedRows(connection, "made", "item", (Feature("a", "number"),), "y", "random", {})


@pytest.mark.parametrize(("count", "parts"), [(100, [40, 40, 10]), (40, [36]), (1, [1]), (1000, [40] * 22 + [20])])
def test_every_row_is_in_one_part_in_order_and_each_part_says_how_many_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, parts: list[int]
) -> None:
    monkeypatch.setattr(outputs, "ROWS_PER_PART", 40)
    made = rows(count)
    outputs.write(made, Signature("d", "regression", "item", made.features, "h", "y", ("prediction",), "s"), tmp_path)
    listed = ScoringParts.model_validate_json((tmp_path / "scoring_parts.json").read_bytes()).root
    lines = [(tmp_path / "scoring" / each.part).read_text().splitlines() for each in listed]
    assert [each.rows for each in listed] == [len(of) for of in lines] == parts
    assert sorted(path.name for path in (tmp_path / "scoring").iterdir()) == [each.part for each in listed]
    query = f"SELECT item, a FROM made WHERE {SCORED} ORDER BY item"
    assert [line for of in lines for line in of] == [
        f"{item},{a}" for item, a in made.connection.execute(query).fetchall()
    ]
