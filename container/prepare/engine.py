"""DuckDB, bounded in memory and threads."""

import os
from pathlib import Path

import duckdb


def connect(scratch: Path, name: str) -> duckdb.DuckDBPyConnection:
    """Open a database of its own in memory; what exceeds the memory limit is spilled to the scratch folder."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": os.environ.get("DUCKDB_MEMORY_LIMIT", "1GB"),
            "threads": os.environ.get("DUCKDB_THREADS", str(os.cpu_count() or 1)),
            "temp_directory": str(scratch / f"{name}.spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    connection.execute("SET TimeZone = 'UTC'")  # or a time with an offset would become the machine's own
    return connection


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str | Path) -> str:
    """An SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
