"""What the contract's SQL may give, and how it is refused otherwise."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from container.prepare.cutoffs import Cutoffs
from container.prepare.engine import connect
from container.prepare.events import EventLog, Walk
from container.prepare.history import History
from container.prepare.query import QueryFailed, QueryRefused
from evergreen.contract import Contract

CONTRACT = Contract.model_validate(
    {
        "id": "visits",
        "entity": "who",
        "task": "time_to_event",
        "input": {"columns": {"who": {"type": "text"}, "day": {"type": "timestamp"}}},
        "features": "features.sql",
        "target": {"duration": "days", "horizon_days": 10},
        "split": {"by": "cutoffs", "column": "day"},
    }
)
FEATURES = "SELECT who, COUNT(*) AS visits FROM history GROUP BY who"
TARGET = "SELECT who, DATE_DIFF('day', getvariable('as_of'), MIN(day)::DATE) AS days FROM followup GROUP BY who"
CUTOFFS = Cutoffs((date(2020, 1, 11),), date(2020, 1, 21), date(2020, 1, 31))


def walk(folder: Path, features: str = FEATURES, target: str = TARGET) -> list[tuple[object, ...]]:
    """One row a day for `a`, one every tenth day for `b`; give entity, as_of, visits, days."""
    path = folder / "history.parquet"
    duckdb.connect().execute(
        "COPY (SELECT who, day FROM (SELECT 'a' AS who, * FROM range(TIMESTAMP '2020-01-01', TIMESTAMP '2020-01-31', "
        "INTERVAL 1 DAY) AS days(day) UNION ALL SELECT 'b', TIMESTAMP '2020-01-05' + INTERVAL 10 DAY * n "
        f"FROM range(2) AS times(n)) ORDER BY day) TO '{path}'"
    )
    connection = connect(folder, "walk")
    history = History(connection, f"read_parquet('{path}')", 32, date(2020, 1, 1), date(2020, 1, 30), (), ())
    log = EventLog.of(CONTRACT)
    assert log
    prepared = Walk(connection, log, history, features, target).along(CUTOFFS)
    query = f"""SELECT who, CAST("\nas of" AS VARCHAR), visits, days FROM {prepared.relation} ORDER BY 2, 1"""
    rows: list[tuple[object, ...]] = prepared.connection.execute(query).fetchall()
    return rows


def test_features_count_what_was_and_labels_what_came(tmp_path: Path) -> None:
    assert walk(tmp_path) == [
        ("a", "2020-01-11", 10, 0.0),
        ("b", "2020-01-11", 1, 4.0),
        ("a", "2020-01-21", 20, 0.0),
        ("b", "2020-01-21", 2, None),
        ("a", "2020-01-31", 30, None),
        ("b", "2020-01-31", 2, None),
    ]


def test_the_cutoff_is_a_variable_that_sql_may_read(tmp_path: Path) -> None:
    rows = walk(
        tmp_path, "SELECT who, DATE_DIFF('day', MAX(day)::DATE, getvariable('as_of')) AS visits FROM history GROUP BY 1"
    )
    assert [row[2] for row in rows] == [1, 6, 1, 6, 1, 16]


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ("SELECT who, 1 AS visits FROM history", "must give one row per who"),
        ("SELECT NULL::VARCHAR AS who, 1 AS visits", "must give one row per who"),
        ("SELECT 1 AS visits FROM history", "gives no column 'who'"),
        ("SELECT who, MAX(day) AS visits FROM history GROUP BY who", "'visits' is a TIMESTAMP"),
        ("SELECT who, 1 AS a, 2 AS a FROM history GROUP BY who", "two columns of one name"),
        ("SELECT who, 1 AS days FROM history GROUP BY who", "'days', which is the target"),
        ("CREATE TABLE x AS SELECT 1", "must hold one SELECT"),
        (f"{FEATURES}; {FEATURES}", "must hold one SELECT"),
    ],
)
def test_features_of_another_form_are_refused(tmp_path: Path, features: str, words: str) -> None:
    with pytest.raises(QueryRefused, match=words):
        walk(tmp_path, features)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("SELECT who, 10 AS days FROM followup GROUP BY who", "0 to less than 10 days"),
        ("SELECT who, -1 AS days FROM followup GROUP BY who", "0 to less than 10 days"),
        ("SELECT who, 1 AS days FROM followup", "must give one row per who"),
        ("SELECT who, 1 AS hours FROM followup GROUP BY who", "gives no column 'days'"),
    ],
)
def test_labels_of_another_form_are_refused(tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(QueryRefused, match=words):
        walk(tmp_path, target=target)


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        (
            {"features": "SELECT who, (COUNT(*) * 9223372036854775807)::BIGINT AS visits FROM history GROUP BY who"},
            "features.sql fails on this data: .*Overflow",
        ),
        (
            {"features": "SELECT who, SUM(CAST(who AS BIGINT)) AS visits FROM history GROUP BY who"},
            "features.sql fails on this data: Conversion Error: Could not convert string 'a'",
        ),
        (
            {"target": "SELECT who, error(repeat('long ', 999)) AS days FROM followup GROUP BY who"},
            "target.sql fails on this data: Invalid Input Error: long .{200,300}$",
        ),
    ],
)
def test_sql_that_stops_at_a_value_says_which_and_why(tmp_path: Path, queries: dict[str, str], words: str) -> None:
    with pytest.raises(QueryFailed, match=words):
        walk(tmp_path, **queries)


@pytest.mark.parametrize("value", ["'nan'::DOUBLE", "'-inf'::DOUBLE", "1e39", "-3.5e38", "1e20::HUGEINT"])
def test_a_feature_beyond_what_a_model_takes_is_missing(tmp_path: Path, value: str) -> None:
    features = f"SELECT who, {value} AS visits FROM history GROUP BY who"
    assert {row[2] for row in walk(tmp_path, features)} == {None}


def test_columns_may_have_the_names_of_what_the_walk_itself_uses(tmp_path: Path) -> None:
    features = (
        'SELECT who, COUNT(*) AS visits, 1 AS as_of, 2 AS "as of", 3 AS fold, 4 AS part, 5 AS taken, 6 AS labels '
        "FROM history GROUP BY who"
    )
    assert walk(tmp_path, features) == walk(tmp_path)


@pytest.mark.parametrize(
    ("queries", "unseen"),
    [
        ({"features": "SELECT who, 1 AS visits FROM followup GROUP BY who"}, "followup"),
        ({"target": "SELECT who, 1 AS days FROM history GROUP BY who"}, "history"),
    ],
)
def test_a_query_sees_its_own_side_of_the_cutoff_only(tmp_path: Path, queries: dict[str, str], unseen: str) -> None:
    with pytest.raises(duckdb.CatalogException, match=f"{unseen} does not exist"):
        walk(tmp_path, **queries)


def test_a_closing_comment_and_semicolon_do_no_harm(tmp_path: Path) -> None:
    assert walk(tmp_path, f"{FEATURES}; -- the end") == walk(tmp_path)
