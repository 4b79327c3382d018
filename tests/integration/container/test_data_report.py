"""Profile, drift and page on rows in DuckDB."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pytest

from container.prepare.engine import quoted, text
from container.report import drift, page, profiling, sampling
from container.report.profile import Categories, Numbers, Profile, Times
from evergreen.contract import Contract
from evergreen.manifest import DataReport, FileReport, Rejection
from tests.integration.container.pages import is_whole_and_loads_nothing

SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}
QUOTE = quoted('"')
AWKWARD = "</style><script>alert('1')</script> \"q\" & more"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"memory_limit": "500MB", "threads": "2"}) as opened:
        yield opened


def _contract(columns: Mapping[str, str | dict[str, Any]], **others: Any) -> Contract:
    declared = {name: {"type": given} if isinstance(given, str) else given for name, given in columns.items()}
    table = {"task": "regression", "target": {"column": "y"}, "split": {"by": "random"}}
    return Contract.model_validate(
        {"id": "t", "input": {"columns": {**declared, "y": {"type": "number"}}}, **table, **others}
    )


def _drift(connection: duckdb.DuckDBPyConnection, contract: Contract, champion: str, fresh: str) -> dict[str, str]:
    profile = profiling.take(connection, champion, contract)
    found = drift.compare(profile, drift.counts(connection, fresh, profile, contract))
    return {each.column: each.level for each in found}


MIXED = _contract(
    {"n": "number", "i": "integer", "flag": "boolean", "few": "integer", "kind": "text", "at": "timestamp"}
)


def _mixed(rows: int, seed: int = 0) -> str:
    return (
        f"(SELECT exp(3 * (hash(range + {seed}) % 100000) / 100000.0) AS n, CAST(range % 1000 AS BIGINT) AS i, "
        f"range % 3 = 0 AS flag, CAST(range % 4 AS BIGINT) AS few, 'kind ' || (range % 5) AS kind, "
        f"TIMESTAMP '2020-01-01' + INTERVAL (range) HOUR AS at, (range * 7 % 1000) / 7.0 AS y FROM range({rows}))"
    )


def test_a_profile_counts_every_row_once_and_survives_json(connection: duckdb.DuckDBPyConnection) -> None:
    profile = profiling.take(connection, _mixed(5000), MIXED)
    assert Profile.model_validate_json(profile.model_dump_json()) == profile
    for column in profile.columns.values():
        if not isinstance(column.shape, Times):
            assert sum(column.tally.counts) + column.tally.missing == 5000
        if isinstance(column.shape, Numbers):
            assert sum(column.tally.steps) == 5000
    assert profile.columns["flag"].shape.values == ("false", "true")
    assert profile.columns["few"].distinct == 4
    assert sum(profile.columns["at"].shape.periods.values()) == 5000


def test_each_decile_of_a_number_holds_a_tenth(connection: duckdb.DuckDBPyConnection) -> None:
    counts = profiling.take(connection, _mixed(10_000), MIXED).columns["n"].tally.counts
    assert (counts[0], counts[-1]) == (0, 0)
    assert counts[1:-1] == pytest.approx([1000] * 10, abs=10)


def test_a_large_relation_is_sampled_and_counted_as_if_all_rows_were_like_that(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "ROWS", 1000)
    profile = profiling.take(connection, _mixed(20_000), MIXED)
    assert profile == profiling.take(connection, _mixed(20_000), MIXED)
    counts = profile.columns["n"].tally.counts
    assert sum(counts) == 20_000
    assert counts[1:-1] == pytest.approx([2000] * 10, rel=0.4)
    kinds = profile.columns["kind"].tally.counts
    assert (sum(kinds), kinds[-1]) == (20_000, 0)
    assert kinds[:-1] == pytest.approx([4000] * 5, rel=0.3)
    assert sum(profile.columns["at"].shape.periods.values()) == 20_000
    assert (profile.columns["i"].shape.min, profile.columns["i"].shape.max) == (0, 999)
    assert profile.columns["i"].distinct == pytest.approx(1000, rel=0.1)
    assert profile.columns["kind"].distinct == 5


def test_rows_of_the_same_source_do_not_drift(connection: duckdb.DuckDBPyConnection) -> None:
    assert set(_drift(connection, MIXED, _mixed(8000), _mixed(1000, seed=9999)).values()) == {"none"}


def test_a_change_of_unit_new_categories_and_missing_values_are_large_drift(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    changed = (
        f"(SELECT * REPLACE (n * 100 AS n, CASE WHEN few = 1 THEN 'new' ELSE kind END AS kind, "
        f"CASE WHEN few = 2 THEN NULL ELSE flag END AS flag) FROM {_mixed(2000)})"
    )
    levels = _drift(connection, MIXED, _mixed(8000), changed)
    assert {name for name, level in levels.items() if level == "large"} >= {"n", "kind", "flag"}
    assert levels["few"] == "none"


def test_a_constant_that_changes_is_drift_and_one_that_stays_is_not(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({"up": "number", "down": "number", "same": "number"})
    champion = "(SELECT 5.0 AS up, 5.0 AS down, 5.0 AS same, 1.0 AS y FROM range(500))"
    fresh = "(SELECT 6.0 AS up, 4.0 AS down, 5.0 AS same, 1.0 AS y FROM range(500))"
    assert _drift(connection, contract, champion, fresh) == {
        "up": "large",
        "down": "large",
        "same": "none",
        "y": "none",
    }


def test_a_column_without_any_value_is_profiled_and_its_first_values_are_drift(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    contract = _contract({kind: kind for kind in SQL_TYPES})
    nulls = ", ".join(f"CAST(NULL AS {type}) AS {quoted(name)}" for name, type in SQL_TYPES.items())
    empty = f"(SELECT {nulls}, CAST(NULL AS DOUBLE) AS y FROM range(300))"
    profile = profiling.take(connection, empty, contract)
    assert all(column.shape == Categories(values=(), complete=True) for column in profile.columns.values())
    assert all(column.tally.missing == 300 for column in profile.columns.values())
    filled = f"(SELECT * REPLACE (1.5 AS number, 'a' AS text) FROM {empty})"
    levels = _drift(connection, contract, empty, filled)
    assert (levels["number"], levels["text"], levels["boolean"]) == ("large", "large", "none")


def test_not_a_number_and_infinity_are_missing(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({})
    rows = "(SELECT unnest(['nan', 'inf', '-inf', '1', '2']::DOUBLE[]) AS y)"
    column = profiling.take(connection, rows, contract).columns["y"]
    assert column.tally.missing == 3
    assert (column.shape.min, column.shape.mean, column.shape.max) == (1, 1.5, 2)


def test_values_that_sql_text_cannot_hold_are_counted(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({"c": "text"})
    connection.execute("CREATE TABLE odd (c VARCHAR, y DOUBLE)")
    odd = ["a\0b", "it's", "", None, "x" * 5000]
    connection.executemany("INSERT INTO odd VALUES (?, 1)", [[each] for each in odd])
    tally = profiling.take(connection, "odd", contract).columns["c"].tally
    assert (sorted(tally.counts), tally.missing) == ([0, 1, 1, 1], 2)


def test_ids_the_entity_and_times_are_not_compared(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract(
        {"who": "integer", "serial": "text", "number_of_row": {"type": "integer", "feature": False}, "at": "timestamp"},
        entity="who",
    )
    rows = (
        "(SELECT range % 50 AS who, 's' || range AS serial, range AS number_of_row, "
        "TIMESTAMP '2020-01-01' AS at, 1.0 AS y FROM range({}, {}))"
    )
    assert _drift(connection, contract, rows.format(0, 2000), rows.format(2000, 4000)) == {"y": "none"}


def test_no_rows_at_all_give_a_profile_no_drift_and_a_page(connection: duckdb.DuckDBPyConnection) -> None:
    empty = f"(FROM {_mixed(10)} LIMIT 0)"
    profile = profiling.take(connection, empty, MIXED)
    assert set(_drift(connection, MIXED, empty, _mixed(10)).values()) == {"none"}
    assert set(_drift(connection, MIXED, _mixed(10), empty).values()) == {"none"}
    assert "No row has a value" in page.render(_report(), MIXED, run_id="r", profile=profile)


def test_three_hundred_columns_are_profiled_and_the_rest_of_them_listed(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({f"c{place}": "number" for place in range(300)})
    columns = ", ".join(f"CAST(range * {place} AS DOUBLE) AS c{place}" for place in range(300))
    rows = f"(SELECT {columns}, 1.0 AS y FROM range(500))"
    profile = profiling.take(connection, rows, contract)
    html = page.render(_report(), contract, run_id="r", profile=profile)
    assert html.count("<article") == 100
    assert "201 more" in html
    assert len(html.encode()) < 300_000


def _report(**others: Any) -> DataReport:
    file = FileReport(arrival_id="a", source="s3://b/incoming/t/new.csv", rows=2, accepted=1, rejected=1)
    return DataReport(**{"usable": True, "files": (file,), "rejections": (), "rows": 1, **others})


def test_whatever_data_says_is_text_on_the_page(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({AWKWARD: "text", '"': "number"})
    rows = f"(SELECT {text(AWKWARD)} AS {quoted(AWKWARD)}, 1.5 AS {QUOTE}, 1.0 AS y FROM range(40))"
    champion = profiling.take(connection, rows.replace("1.5", "2.5"), contract)
    fresh = drift.counts(connection, rows, champion, contract)
    file = FileReport(arrival_id="a", source=f"s3://b/{AWKWARD}", rows=1, accepted=0, rejected=1, notes=(AWKWARD,))
    rejection = Rejection(
        file=AWKWARD, line=1, column=AWKWARD, value=f"{AWKWARD}\x00\x1b\ud800", rule=AWKWARD, reason=AWKWARD
    )
    report = _report(
        files=(file,), rejections=(rejection,), rejected_by_rule={AWKWARD: 1}, drift=drift.compare(champion, fresh)
    )
    html = page.render(
        report,
        contract,
        run_id=AWKWARD,
        reason=AWKWARD,
        profile=profiling.take(connection, rows, contract),
        champion=champion,
        champion_run_id=AWKWARD,
        fresh=fresh,
    )
    assert is_whole_and_loads_nothing(html)
    assert html.count("</style>") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f]", html)
    html.encode("utf-8")


def test_a_page_shows_drift_against_the_champion_in_words(connection: duckdb.DuckDBPyConnection) -> None:
    champion = profiling.take(connection, _mixed(8000), MIXED)
    changed = f"(SELECT * REPLACE (n * 100 AS n) FROM {_mixed(2000)})"
    fresh = drift.counts(connection, changed, champion, MIXED)
    profile = profiling.take(connection, changed, MIXED)
    report = _report(drift=drift.compare(champion, fresh))
    html = page.render(
        report, MIXED, run_id="r2", profile=profile, champion=champion, champion_run_id="r1", fresh=fresh
    )
    assert is_whole_and_loads_nothing(html)
    assert "large drift" in html
    assert re.search(r"Moved most: rows above 20[.0-9]*: 0% before, 100% now", html)


def test_a_run_of_refused_files_only_has_a_page_that_says_why() -> None:
    rejection = Rejection(file="s3://b/t/x.csv", line=1, column="y", rule="header", reason="is missing: add it")
    file = FileReport(arrival_id="a", source="s3://b/t/x.csv", rows=0, accepted=0, rejected=0, refused=True)
    report = _report(usable=False, files=(file,), rejections=(rejection,), rejected_by_rule={"header": 1}, rows=0)
    html = page.render(report, MIXED, run_id="r")
    assert is_whole_and_loads_nothing(html)
    assert "This data cannot be used" in html
    assert html.count("is missing: add it") == 2  # the headline's reason, and the table
    assert "<article" not in html


def test_a_hundred_columns_with_a_champion_stay_small(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _contract({f"c{place}": "number" for place in range(100)})
    columns = ", ".join(f"(hash(range + {place}) % 1000000) / 7.0 AS c{place}" for place in range(100))
    rows = f"(SELECT {columns}, 1.0 AS y FROM range(2000))"
    profile = profiling.take(connection, rows, contract)
    fresh = drift.counts(connection, rows, profile, contract)
    report = _report(drift=drift.compare(profile, fresh))
    html = page.render(report, contract, run_id="r", profile=profile, champion=profile, fresh=fresh)
    assert len(html.encode()) < 300_000
