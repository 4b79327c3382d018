"""Items without an outcome, for the teachers: first those of windows of low yield, then those of low confidence."""

from pathlib import Path

from container.collect_samples.items import TABLE, Items
from container.measure_yield.judging import judge
from container.prepare.engine import text
from container.provenance import OBSERVED, SOURCES, joined

WINDOWS = 20  # of equally many items, by time: the yield is looked at in each


def write_samples(items: Items, since: str, most: int, run_id: str, path: Path) -> int:
    """Write the most informative samples since then, at most so many of them; gives how many."""
    windows = (
        "SELECT *, AVG(CAST(is_good AS INTEGER)) OVER (PARTITION BY part) AS window_yield FROM "
        f"(SELECT *, NTILE({WINDOWS}) OVER (ORDER BY time, item_id) AS part FROM {_judged(items)} "
        f"WHERE time >= TIMESTAMP {text(since)})"
    )
    chosen = (
        f"SELECT {items.columns.as_row('NULL')}, {joined('source', text(run_id))} AS {SOURCES}, time AS {OBSERVED} "
        f"FROM ({windows}) WHERE outcome IS NULL AND {items.columns.tell_a_row()} "
        f"ORDER BY COALESCE(window_yield, 1), confidence NULLS FIRST, time DESC, item_id LIMIT {most}"
    )
    items.connection.execute(f"COPY ({chosen}) TO {text(path)} (FORMAT parquet)")
    count: int = items.connection.execute(f"SELECT COUNT(*) FROM read_parquet({text(path)})").fetchall()[0][0]
    return count


def _judged(items: Items) -> str:
    """SQL for the items, and whether each is good by the contract's rule, or else by whether it came true."""
    stated = items.columns.contract.observed_yield
    if stated is None or stated.good_when is None:
        return f"(SELECT *, outcome = prediction AS is_good FROM {TABLE})"
    judge(items.connection, items.rows, items.columns.contract)
    return (
        f"(SELECT i.*, j.good AS is_good FROM {TABLE} AS i LEFT JOIN judged AS j ON i.item_id = j.item_id "
        'AND i.time = j."time")'
    )
