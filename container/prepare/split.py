"""Which rows are learned from and which are judged by: draws by hash, the same in every run, or by time."""

from collections.abc import Sequence
from datetime import datetime

import duckdb

from container.prepare.engine import quoted
from container.prepare.prepared_rows import Unusable
from evergreen.targets import RandomSplit, TimeSplit

SEPARATOR, MISSING = "chr(31)", "chr(30)"


def fold(identity: str, salt: str = "") -> str:
    """SQL for a place from 0 to less than 1 that an identity has in every run; another salt, another place."""
    salted = f"'{salt}' || CAST({identity} AS VARCHAR)" if salt else f"CAST({identity} AS VARCHAR)"
    return f"md5_number_upper({salted}) / 18446744073709551616.0"


def row_identity(names: Sequence[str]) -> str:
    """SQL for what a row without an entity is known by: all of its values."""
    values = ", ".join(f"COALESCE(CAST({quoted(name)} AS VARCHAR), {MISSING})" for name in names)
    return f"concat_ws({SEPARATOR}, {values})"


def part(split: RandomSplit | TimeSplit, identity: str, holdout_from: datetime | None) -> str:
    """SQL for the part of a row that has a label."""
    validation = f"{fold(identity, salt='validation ')} < {split.validation_share}"
    if isinstance(split, TimeSplit):
        holdout = f"{quoted(split.column)} >= TIMESTAMP '{holdout_from}'"
    else:
        holdout = f"{fold(identity)} < {split.holdout_share}"
    return f"CASE WHEN {holdout} THEN 'holdout' WHEN {validation} THEN 'validation' ELSE 'train' END"


def in_words(split: RandomSplit | TimeSplit, entity: str | None) -> str:
    """The rule: models whose rows were drawn by the same one can be compared."""
    if isinstance(split, TimeSplit):
        return f"time by {split.column}"
    return f"random {split.holdout_share} by {'entity' if entity else 'row'}"


def holdout_begins(
    connection: duckdb.DuckDBPyConnection, split: RandomSplit | TimeSplit, labelled: str
) -> datetime | None:
    """From when on rows are hold-out, so that rows of one moment stay together; None where time plays no role."""
    if not isinstance(split, TimeSplit):
        return None
    time = quoted(split.column)
    found = connection.execute(
        f"WITH moments AS (SELECT {time} AS moment, COUNT(*) AS n FROM {labelled} GROUP BY 1), "
        "shares AS (SELECT moment, SUM(n) OVER (ORDER BY moment DESC) / SUM(n) OVER () AS share FROM moments) "
        f"SELECT moment FROM shares WHERE share < 1 ORDER BY abs(share - {split.holdout_share}), moment DESC LIMIT 1"
    ).fetchall()
    if not found:
        raise Unusable(
            f"every row with a label has the same {split.column!r}, so there is no newest part to judge a model by"
        )
    begins: datetime = found[0][0]
    return begins
