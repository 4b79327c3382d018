"""Customers with their segment and its history, in SQLite."""

import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS customers (
    dataset TEXT, entity TEXT, segment TEXT, sequence INTEGER, generation TEXT, changed_at TEXT,
    PRIMARY KEY (dataset, entity)
);
CREATE TABLE IF NOT EXISTS updates (
    number INTEGER PRIMARY KEY, key TEXT UNIQUE, dataset TEXT, entity TEXT, before TEXT, segment TEXT,
    generation TEXT, sequence INTEGER, taken INTEGER, at TEXT
);
CREATE INDEX IF NOT EXISTS updates_of ON updates (dataset, entity);
CREATE INDEX IF NOT EXISTS customers_in ON customers (segment);
"""


@dataclass(frozen=True)
class Customer:
    """One customer as the CRM knows them, with every update that came, newest first."""

    dataset: str
    entity: str
    segment: str | None
    changed_at: str
    history: list[dict[str, Any]]


class Customers:
    """Takes each update once, and none that is older than what it knows."""

    def __init__(self, database: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)

    def take(self, key: str, update: Mapping[str, Any]) -> bool:
        """Take an update; False when it came before, or is older than what is known."""
        with self._lock, self._connection as db:
            db.execute("BEGIN IMMEDIATE")
            if db.execute("SELECT 1 FROM updates WHERE key = ?", (key,)).fetchone():
                return False
            who = (update["dataset"], update["entity"])
            known = db.execute("SELECT * FROM customers WHERE dataset = ? AND entity = ?", who).fetchone()
            newer = known is None or update["sequence"] >= known["sequence"]
            what = (update["segment"], update["generation"], update["sequence"])
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            db.execute(
                "INSERT INTO updates (key, dataset, entity, before, segment, generation, sequence, taken, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (key, *who, known["segment"] if known else None, *what, newer, now),
            )
            if newer:
                db.execute(
                    "INSERT OR REPLACE INTO customers (dataset, entity, segment, generation, sequence, changed_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (*who, *what, now),
                )
            return newer

    def get(self, dataset: str, entity: str) -> Customer | None:
        """One customer."""
        with self._lock:
            known = self._connection.execute(
                "SELECT * FROM customers WHERE dataset = ? AND entity = ?", (dataset, entity)
            ).fetchone()
            updates = self._connection.execute(
                "SELECT * FROM updates WHERE dataset = ? AND entity = ? ORDER BY number DESC", (dataset, entity)
            ).fetchall()
        if known is None:
            return None
        return Customer(dataset, entity, known["segment"], known["changed_at"], [dict(each) for each in updates])

    def segments(self) -> list[tuple[str, str | None, int]]:
        """How many customers each segment of each data set has."""
        counted = (
            "SELECT dataset, segment, COUNT(*) AS n FROM customers GROUP BY dataset, segment ORDER BY dataset, n DESC"
        )
        return [(row["dataset"], row["segment"], row["n"]) for row in self._all(counted)]

    def newest(self, most: int) -> list[dict[str, Any]]:
        """The newest updates that were taken."""
        query = "SELECT * FROM updates WHERE taken ORDER BY number DESC LIMIT ?"
        return [dict(row) for row in self._all(query, most)]

    def count(self) -> int:
        """How many updates were taken."""
        return int(self._all("SELECT COUNT(*) AS n FROM updates WHERE taken")[0]["n"])

    def _all(self, query: str, *values: int) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()
