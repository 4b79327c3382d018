"""Observed items: what was taken of a log, as Parquet by the day of the rows' times."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from container.measure_yield.log_intake import DAY, LOG_LINE
from container.prepare.engine import text
from container.prepare.screening import FORMAT

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
    connection: duckdb.DuckDBPyConnection, taken: Path, source: str, dropped_at: datetime, folder: Path
) -> dict[str, Path]:
    """Write one file for each day of the rows that were taken; gives them by day."""
    origin = f"{text(source)} AS source, TIMESTAMP '{dropped_at:%Y-%m-%d %H:%M:%S.%f}' AS dropped_at"
    rows = f"SELECT * EXCLUDE ({LOG_LINE}, {DAY}), {origin} FROM read_parquet({text(taken)})"
    days = [day for (day,) in connection.execute(f"SELECT DISTINCT {DAY} FROM read_parquet({text(taken)})").fetchall()]
    found = {}
    for day in sorted(days):
        found[day] = folder / f"{day}.parquet"
        connection.execute(f"COPY ({rows} WHERE {DAY} = {text(day)}) TO {text(found[day])} {FORMAT}")
    return found


def joined(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], target: Path) -> None:
    """Write the rows of several files into one; columns that some lack are empty there."""
    connection.execute(f"COPY (SELECT * FROM {_read(files)}) TO {text(target)} {FORMAT}")


def observed(files: Sequence[Path]) -> str:
    """SQL for the rows of these files, with the columns that measuring reads."""
    if not files:
        return f"(SELECT {', '.join(f'CAST(NULL AS {kind}) AS {name}' for name, kind in _quoted())} WHERE false)"
    return f"(SELECT {', '.join(name for name, _ in _quoted())} FROM {_read(files)})"


def outcomes_alone(taken: Path) -> str:
    """SQL for what was taken of a log without a prediction: outcomes of earlier inferences, each with its line."""
    return (
        f'(SELECT item_id, "time", outcome, {LOG_LINE} AS line FROM read_parquet({text(taken)}) '
        "WHERE prediction IS NULL)"
    )


def _quoted() -> Iterator[tuple[str, str]]:
    return ((f'"{name}"', kind) for name, kind in MEASURED.items())


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(text, files))}], union_by_name = true)"
