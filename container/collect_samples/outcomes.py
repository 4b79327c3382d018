"""Items whose true outcome has arrived, as labelled rows of the contract, with where each comes from."""

from pathlib import Path

from container.collect_samples.items import TABLE, ItemColumns, Items
from container.prepare.engine import quoted, text
from container.provenance import OBSERVED, SOURCES, joined, told_by
from evergreen.manifest import RunManifest

FRESH, KNOWN = '"\n\nfresh"', '"\n\nknown"'
MOST = 500_000  # outcomes that are kept, the newest


def write_outcomes(items: Items, earlier: Path | None, manifest: RunManifest, path: Path) -> int:
    """Write this run's outcomes and those of earlier runs, of each item the newest; gives how many.

    What is unlearned stays here, marked by its sources, or the next run would collect it anew; PrepareData leaves it
    out.
    """
    columns, run = items.columns, text(manifest.run_id)
    sources = joined("source", "NULLIF(outcome_source, source)", run)
    rows = (
        f"SELECT {columns.as_row('outcome')}, {sources} AS {SOURCES}, time AS {OBSERVED}, true AS {FRESH} "
        f"FROM {TABLE} WHERE outcome IS NOT NULL AND {columns.tell_a_row()}"
    )
    if earlier:
        rows += f" UNION ALL {_taken_over(items, earlier)}"
    entity = quoted(columns.entity)
    items.connection.execute(
        f"COPY (FROM (FROM ({_chosen(columns, rows, manifest)}) ORDER BY {OBSERVED} DESC, {entity} LIMIT {MOST}) "
        f"ORDER BY {OBSERVED}, {entity}) TO {text(path)} (FORMAT parquet)"
    )
    count: int = items.connection.execute(f"SELECT COUNT(*) FROM read_parquet({text(path)})").fetchall()[0][0]
    return count


def _chosen(columns: ItemColumns, rows: str, manifest: RunManifest) -> str:
    """SQL for one row of each item: rather one of no unlearned log, then the newest, then a corrected outcome; what is
    the same as before stays with the run that collected it first."""
    identity, target = ", ".join(map(quoted, _identity(columns))), quoted(columns.target)
    logs = [each for each in manifest.unlearned if "://" in each]
    tainted = told_by(logs) if logs else "false"
    known = f"MAX(CASE WHEN NOT {FRESH} THEN {target} END) OVER (PARTITION BY {identity})"
    order = f"{tainted}, {OBSERVED} DESC, ({FRESH} AND {target} IS DISTINCT FROM {KNOWN}) DESC, {FRESH}"
    return (
        f"SELECT * EXCLUDE ({FRESH}, {KNOWN}) FROM (SELECT *, {known} AS {KNOWN} FROM ({rows})) "
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {identity} ORDER BY {order}) = 1"
    )


def _taken_over(items: Items, earlier: Path) -> str:
    """SQL for what an earlier run has collected, in the contract's columns of today."""
    connection, columns = items.connection, items.columns
    there = {row[0] for row in connection.execute(f"DESCRIBE FROM read_parquet({text(earlier)})").fetchall()}
    values = ", ".join(
        f"{quoted(name) if name in there else 'CAST(NULL AS VARCHAR)'} AS {quoted(name)}"
        for name in columns.contract.input.columns
    )
    return f"SELECT {values}, {SOURCES}, {OBSERVED}, false AS {FRESH} FROM read_parquet({text(earlier)})"


def _identity(columns: ItemColumns) -> list[str]:
    """What an item is known by: its id, and its time where rows of one entity are told apart by it."""
    key = columns.contract.input.key
    return [columns.entity, *([columns.time] if columns.time and columns.time in key else [])]
