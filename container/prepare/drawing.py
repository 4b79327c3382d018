"""Which rows judge when a run learns from recent items: recent ones, for the question is who is better now."""

from dataclasses import dataclass

import duckdb

from container.prepare.engine import text
from container.prepare.prepared_rows import Unusable
from container.prepare.split import fold, holdout_begins, part
from container.provenance import OBSERVED, SOURCES
from evergreen.targets import RandomSplit, TimeSplit

LEAST = 5  # hold-out rows of the second most frequent label: with fewer, `evaluate` would not judge
AUDIT_SHARE = 0.3  # of recent training rows; no teacher sees them


@dataclass(frozen=True)
class Drawing:
    """SQL over the history's columns, for rows that have a label."""

    part: str
    drawn: str  # the part that a row would have if it got a label today
    collected: str = "false"  # whether a run has collected the row by itself
    audit: str = "false"  # whether the teachers' agreement is measured on it, when it is a training row
    recent_holdout: bool = False
    holdout: str = ""  # in words


@dataclass(frozen=True)
class Labelled:
    """Rows that have a label, as SQL: what they are, their label, and what each is known by."""

    rows: str
    label: str
    identity: str


def draw(
    connection: duckdb.DuckDBPyConnection,
    split: RandomSplit | TimeSplit,
    rows: Labelled,
    *,
    since: str | None,
    least: int,
) -> Drawing:
    """Draw recent hold-out rows where there are enough of them, else as ever. What an item's hash or time makes
    hold-out or validation is so in every run, and is never learned from."""
    labelled, identity = rows.rows, rows.identity
    usual = part(split, identity, holdout_begins(connection, split, labelled))
    if since is None:
        return Drawing(usual, usual)
    recent = f"COALESCE({OBSERVED} >= TIMESTAMP {text(since)}, false)"
    collected, audit = f"{SOURCES} IS NOT NULL", f"{recent} AND {fold(identity, salt='audit ')} < {AUDIT_SHARE}"
    drawn = _of_recent(connection, split, rows, recent) or usual
    counts = connection.execute(
        f"SELECT COUNT(*) FROM {labelled} WHERE {recent} AND {drawn} = 'holdout' GROUP BY {rows.label} ORDER BY 1 DESC"
    ).fetchall()
    found, second = sum(row[0] for row in counts), counts[1][0] if len(counts) > 1 else 0
    since_when = f"observed since {since[:16].replace('T', ' ')}"
    if found < least or second < LEAST:
        told = (
            f"judged by the usual hold-out: of items {since_when} it has {found:,} with an outcome, {second:,} of the "
        )
        told += f"second label, and {least:,} and {LEAST} are needed"
        return Drawing(usual, usual, collected, audit, holdout=told)
    own = drawn if isinstance(split, TimeSplit) else f"CASE WHEN {drawn} <> 'holdout' OR {recent} THEN {drawn} END"
    return Drawing(own, drawn, collected, audit, recent_holdout=True, holdout=f"judged by {found:,} items {since_when}")


def _of_recent(
    connection: duckdb.DuckDBPyConnection, split: RandomSplit | TimeSplit, rows: Labelled, recent: str
) -> str | None:
    """By time, the newest share of the recent rows is hold-out, or none of them would be learned from."""
    if not isinstance(split, TimeSplit):
        return None
    try:
        return part(split, rows.identity, holdout_begins(connection, split, f"(FROM {rows.rows} WHERE {recent})"))
    except Unusable:
        return None
