"""Observed items: what was taken of a log, as Parquet by the day of the rows' times."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from container.prepare.column_types import raw
from container.prepare.engine import quoted, text
from container.prepare.screening import FORMAT
from evergreen.inference import OWN_COLUMNS


@dataclass(frozen=True)
class Taken:
    """What an intake took of a log: the table of its rows, and its columns."""

    table: str
    columns: Sequence[str]

    @property
    def good(self) -> str:
        """SQL for the rows with which nothing is wrong."""
        return f"(SELECT * FROM {self.table} WHERE broken = 0 AND first IS NULL)"


MEASURED = {  # what measuring reads of observed items
    "item_id": "VARCHAR",
    "time": "TIMESTAMP",
    "prediction": "VARCHAR",
    "confidence": "DOUBLE",
    "outcome": "VARCHAR",
    "model": "VARCHAR",
    "dropped_at": "TIMESTAMP",
}


def by_day(
    connection: duckdb.DuckDBPyConnection, taken: Taken, source: str, dropped_at: datetime, folder: Path
) -> dict[str, Path]:
    """Write one file for each day of the rows that were taken; gives them by day."""
    typed = [f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in MEASURED.items() if name in OWN_COLUMNS]
    features = [f"{raw(name)} AS {quoted(name)}" for name in taken.columns if name not in OWN_COLUMNS]
    origin = f"{text(source)} AS source, TIMESTAMP '{dropped_at:%Y-%m-%d %H:%M:%S.%f}' AS dropped_at"
    rows = f"SELECT {', '.join([*typed, *features])}, {origin} FROM {taken.good}"
    days = connection.execute(f'SELECT DISTINCT CAST("time" AS DATE) FROM {taken.good} ORDER BY 1').fetchall()
    found = {}
    for (day,) in days:
        found[day.isoformat()] = folder / f"{day}.parquet"
        span = f"\"time\" >= DATE '{day}' AND \"time\" < DATE '{day}' + 1"
        connection.execute(f"COPY ({rows} WHERE {span}) TO {text(found[day.isoformat()])} {FORMAT}")
    return found


def join(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], keys: Sequence[str], target: Path) -> None:
    """Write what measuring reads of several files into one, which says the keys of those whose rows it holds."""
    held = text(json.dumps(sorted(keys)))
    connection.execute(
        f"COPY {observed(files)} TO {text(target)} (FORMAT parquet, CODEC lz4_raw, KV_METADATA {{keys: {held}}})"
    )


def keys_held(connection: duckdb.DuckDBPyConnection, joined: Path) -> set[str]:
    """The keys of the files whose rows a joined file holds."""
    query = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'keys'"
    ((held,),) = connection.execute(query, [str(joined)]).fetchall()
    return set(json.loads(held))


def observed(files: Sequence[Path]) -> str:
    """SQL for the rows of these files, with the columns that measuring reads."""
    if not files:
        return f"(SELECT {', '.join(f'CAST(NULL AS {kind}) AS {name}' for name, kind in _quoted())} WHERE false)"
    return f"(SELECT {', '.join(name for name, _ in _quoted())} FROM {_read(files)})"


def outcomes_alone(connection: duckdb.DuckDBPyConnection, taken: Taken, target: Path) -> str:
    """Keep what was taken without a prediction, the outcomes of earlier inferences, each with its line; gives SQL."""
    rows = f'SELECT CAST(item_id AS VARCHAR) AS item_id, "time", line FROM {taken.good} WHERE prediction IS NULL'
    connection.execute(f"COPY ({rows}) TO {text(target)} {FORMAT}")
    return f"read_parquet({text(target)})"


def _quoted() -> Iterator[tuple[str, str]]:
    return ((f'"{name}"', kind) for name, kind in MEASURED.items())


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(text, files))}], union_by_name = true)"
