"""Items without an outcome, for the teachers: first those of windows in which the champion was wrong, then unsure."""

from pathlib import Path

from container.collect_samples.items import TABLE, Items
from container.prepare.engine import text
from container.provenance import OBSERVED, SOURCES, joined

WINDOWS = 20  # of equally many items, by time: how good the champion was is looked at in each


def write_samples(items: Items, since: str, most: int, run_id: str, path: Path) -> int:
    """Write the most informative samples since then, at most so many of them; gives how many."""
    windows = (
        f"SELECT *, AVG(CAST(outcome = prediction AS INTEGER)) OVER (PARTITION BY part) AS good FROM "
        f"(SELECT *, NTILE({WINDOWS}) OVER (ORDER BY time, item_id) AS part FROM {TABLE} "
        f"WHERE time >= TIMESTAMP {text(since)})"
    )
    chosen = (
        f"SELECT {items.columns.as_row('NULL')}, {joined('source', text(run_id))} AS {SOURCES}, time AS {OBSERVED} "
        f"FROM ({windows}) WHERE outcome IS NULL "
        f"ORDER BY COALESCE(good, 1), confidence NULLS FIRST, time DESC, item_id LIMIT {most}"
    )
    items.connection.execute(f"COPY ({chosen}) TO {text(path)} (FORMAT parquet)")
    count: int = items.connection.execute(f"SELECT COUNT(*) FROM read_parquet({text(path)})").fetchall()[0][0]
    return count
