"""Which observed items are good: every inference with its newest outcome and the contract's verdict, in SQL."""

from datetime import UTC, datetime

import duckdb

from container.measure_yield.good_when import verdict_type
from container.measure_yield.log_contract import CLOCKS_DIFFER
from evergreen.contract import Contract
from evergreen.yield_series import Bucket

_LATER = f"INTERVAL {int(CLOCKS_DIFFER.total_seconds())} SECOND"
# Outcomes in the order in which they count, those of the latest time last; NULL where there is none.
_SAID = 'CASE WHEN outcome IS NOT NULL THEN {"time": "time", dropped_at: dropped_at, outcome: outcome} END'


def judge(connection: duckdb.DuckDBPyConnection, rows: str, contract: Contract) -> None:
    """Make the table `judged`: one row for each inference among the rows, `good` NULL while nobody knows.

    An inference is known by its item and its time. An outcome that comes alone belongs to the newest inference of its
    item before it; of several, the one of the latest time counts, then the one that was dropped last.
    """
    kind = verdict_type(contract)
    stated = contract.observed_yield
    good_when = (stated and stated.good_when) or "CAST(NULL AS BOOLEAN)"
    connection.execute("SET disabled_optimizers = 'common_subexpressions'")  # or TRY would not hold what it wraps
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE repeated AS SELECT item_id, "time" FROM {rows} WHERE prediction IS NOT NULL
        GROUP BY ALL HAVING COUNT(*) > 1
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH predicted AS NOT MATERIALIZED (
            SELECT item_id, "time", {{dropped_at: dropped_at, model: model, prediction: prediction,
                confidence: confidence}} AS said, {_SAID} AS own
            FROM {rows} WHERE prediction IS NOT NULL
        ),
        inferences AS NOT MATERIALIZED (
            SELECT * FROM predicted ANTI JOIN repeated USING (item_id, "time")
            UNION ALL
            SELECT item_id, "time", MAX(said), MAX(own) FROM predicted SEMI JOIN repeated USING (item_id, "time")
            GROUP BY ALL
        ),
        alone AS (
            SELECT item_id, "time" + {_LATER} AS until, MAX({_SAID}) AS said
            FROM {rows} WHERE prediction IS NULL AND outcome IS NOT NULL GROUP BY ALL
        ),
        placed AS (
            SELECT i.item_id, i."time", MAX(alone.said) AS said
            FROM alone ASOF JOIN (FROM inferences SEMI JOIN alone USING (item_id)) AS i
                ON alone.item_id = i.item_id AND alone.until >= i."time" GROUP BY ALL
        ),
        typed AS (
            SELECT i.item_id, i."time", i.said.model AS model, i.said.confidence AS confidence,
                TRY_CAST(i.said.prediction AS {kind}) AS prediction,
                TRY_CAST(GREATEST(i.own, p.said).outcome AS {kind}) AS outcome
            FROM inferences AS i LEFT JOIN placed AS p ON i.item_id = p.item_id AND i."time" = p."time"
        )
        SELECT item_id, "time", model, CAST(TRY(({good_when}
        )) AS BOOLEAN) AS good FROM typed
        """
    )


def model_in_use(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The model of the newest inference that names one."""
    query = 'SELECT model FROM judged WHERE model IS NOT NULL ORDER BY "time" DESC, item_id DESC LIMIT 1'
    found = connection.execute(query).fetchall()
    return found[0][0] if found else None


def newest(connection: duckdb.DuckDBPyConnection, model: str | None, window: int) -> tuple[int, int]:
    """Good and judged items among the newest judged ones of a model; what names no model is taken for its."""
    ((good, judged),) = connection.execute(
        "SELECT COALESCE(SUM(good::INT), 0), COUNT(*) FROM (SELECT good FROM judged WHERE good IS NOT NULL "
        'AND COALESCE(model = ?, true) ORDER BY "time" DESC, item_id DESC LIMIT ?)',
        [model, window],
    ).fetchall()
    return int(good), int(judged)


def buckets(connection: duckdb.DuckDBPyConnection, seconds: int) -> list[Bucket]:
    """How many items each model had in each span of time, and how many were judged, and good."""
    found = connection.execute(
        f"""
        SELECT epoch("time")::BIGINT // {seconds} * {seconds} AS start, model, COUNT(*), COUNT(good),
            COUNT(*) FILTER (good)
        FROM judged GROUP BY ALL ORDER BY start, model NULLS FIRST
        """
    ).fetchall()
    return [
        Bucket(
            start=datetime.fromtimestamp(start, UTC), seconds=seconds, model=model, items=items, judged=known, good=good
        )
        for start, model, items, known, good in found
    ]


def strays(connection: duckdb.DuckDBPyConnection, outcomes: str) -> list[tuple[int, str]]:
    """The outcomes of which no inference is among the rows: line and item."""
    found: list[tuple[int, str]] = connection.execute(
        f"SELECT line, item_id FROM {outcomes} AS o WHERE NOT EXISTS (SELECT 1 FROM judged AS j "
        f'WHERE j.item_id = o.item_id AND j."time" <= o."time" + {_LATER}) ORDER BY line'
    ).fetchall()
    return found


def began_later(connection: duckdb.DuckDBPyConnection, model: str | None, before: datetime) -> bool:
    """Whether all that is known before a time was predicted by other models."""
    query = 'SELECT COUNT(*), COUNT(*) FILTER (COALESCE(model = $model, true)) FROM judged WHERE "time" < $before'
    values = {"model": model, "before": before.replace(tzinfo=None)}
    ((every, own),) = connection.execute(query, values).fetchall()
    return bool(every and not own)
