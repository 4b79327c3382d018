"""DuckDB, bounded in memory and threads."""

import os
from pathlib import Path

import duckdb

ONE_THREAD = 64_000_000  # bytes of data below which a second thread costs more than it saves


def connect(scratch: Path, name: str, size: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a database of its own in memory, for so many bytes of data; what exceeds its memory goes to `scratch`."""
    threads = 1 if size is not None and size < ONE_THREAD else os.cpu_count() or 1
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": os.environ.get("DUCKDB_MEMORY_LIMIT", "1GB"),
            "threads": os.environ.get("DUCKDB_THREADS", str(threads)),
            "temp_directory": str(scratch / f"{name}.spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    connection.execute("SET enable_progress_bar = false")  # it would stand between the lines of the log
    connection.execute("SET TimeZone = 'UTC'")  # or a time with an offset would become the machine's own
    return connection


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str | Path) -> str:
    """An SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
