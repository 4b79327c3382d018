"""Observed items, one row for each: its newest inference, and its newest outcome if there is one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from container.prepare.engine import quoted, text
from evergreen.contract import Contract
from evergreen.inference import logged_columns
from evergreen.targets import ColumnTarget

OWN = {
    "item_id": "VARCHAR",
    "time": "TIMESTAMP",
    "prediction": "VARCHAR",
    "confidence": "DOUBLE",
    "outcome": "VARCHAR",
    "model": "VARCHAR",
    "source": "VARCHAR",
    "dropped_at": "TIMESTAMP",
}
TABLE = "items"


@dataclass(frozen=True)
class ItemColumns:
    """What of the contract's columns an inference log brings."""

    contract: Contract
    entity: str
    target: str
    logged: tuple[str, ...]  # beside these
    time: str | None

    @classmethod
    def of(cls, contract: Contract) -> "ItemColumns":
        if not (contract.entity and isinstance(contract.target, ColumnTarget)):
            raise TypeError(f"{contract.id} has no entity and target column, by which items could become rows")
        return cls(contract, contract.entity, contract.target.column, logged_columns(contract), contract.time_column)

    def as_row(self, outcome: str) -> str:
        """SQL for the contract's columns, all as text, of an item; what logs do not bring is empty."""
        known = {name: logged(place) for place, name in enumerate(self.logged)}
        known |= {self.entity: "item_id", self.target: outcome}
        if self.time:  # what the contract calls its time is when the item was predicted, unless the log says better
            known[self.time] = f"COALESCE({known.get(self.time, 'NULL')}, strftime(time, '%Y-%m-%d %H:%M:%S.%f'))"
        return ", ".join(
            f"CAST({known.get(name, 'NULL')} AS VARCHAR) AS {quoted(name)}" for name in self.contract.input.columns
        )

    def tell_a_row(self) -> str:
        """SQL for whether an item's log brought what every row needs; many logs bring no features at all, and rows
        without them, rejected later, would have the whole lot refused."""
        by_name = {name: self.contract.input.columns[name] for name in self.logged if name != self.time}
        present = {name: f"{logged(self.logged.index(name))} IS NOT NULL" for name in by_name}
        needed = [present[name] for name, column in by_name.items() if column.required]
        features = [present[name] for name, column in by_name.items() if column.feature]
        return " AND ".join([*needed, f"({' OR '.join(features)})" if features else "true"])


def logged(place: int) -> str:
    """A column of the contract among the items: it may have any name, so it has a number."""
    return f"logged_{place}"


@dataclass(frozen=True)
class Items:
    """A table of items on this connection."""

    connection: duckdb.DuckDBPyConnection
    columns: ItemColumns
    rows: str  # SQL for what logs told, inferences and outcomes

    @classmethod
    def read(
        cls,
        connection: duckdb.DuckDBPyConnection,
        columns: ItemColumns,
        files: Sequence[Path],
        unlearned: Sequence[str],
    ) -> "Items":
        """Read every file but for rows that an unlearned log has told; an item's outcome is the newest of it."""
        rows = _rows(connection, columns, files)
        if unlearned:
            rows = f"(FROM {rows} WHERE source NOT IN ({', '.join(map(text, unlearned))}))"
        newest, told = "(time, dropped_at, source, line)", "FILTER (outcome IS NOT NULL)"
        names = ("time", "prediction", "confidence", "source", *map(logged, range(len(columns.logged))))
        inference = ", ".join(
            f"arg_max(struct_pack(v := {name}), {newest}) FILTER (prediction IS NOT NULL).v AS {name}" for name in names
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT item_id, {inference}, "
            f"arg_max(outcome, {newest}) {told} AS outcome, arg_max(source, {newest}) {told} AS outcome_source "
            f"FROM {rows} WHERE item_id IS NOT NULL AND time IS NOT NULL GROUP BY item_id "
            "HAVING COUNT(prediction) > 0"  # an outcome of an unknown item has no features
        )
        return cls(connection, columns, rows)


def _rows(connection: duckdb.DuckDBPyConnection, columns: ItemColumns, files: Sequence[Path]) -> str:
    """SQL for the rows of all files; a column that no log brings is empty."""
    places = range(len(columns.logged))
    if not files:
        empty = [f"CAST(NULL AS {type}) AS {name}" for name, type in OWN.items()]
        empty += [f"CAST(NULL AS VARCHAR) AS {logged(place)}" for place in places]
        return f"(SELECT {', '.join(empty)}, 0 AS line WHERE false)"
    listed = ", ".join(text(file) for file in files)
    source = f"read_parquet([{listed}], union_by_name = true, file_row_number = true)"
    there = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    values = [f"{_value(name, there, type)} AS {name}" for name, type in OWN.items()]
    values += [f"{_value(columns.logged[place], there, 'VARCHAR')} AS {logged(place)}" for place in places]
    return f"(SELECT {', '.join(values)}, file_row_number AS line FROM {source})"


def _value(name: str, there: Collection[str], type: str) -> str:
    return f"CAST({quoted(name) if name in there else 'NULL'} AS {type})"
