"""Observed items, one row for each: its newest inference, and its newest outcome if there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from container.prepare.engine import quoted, text
from evergreen.contract import Contract
from evergreen.targets import ColumnTarget

OWN = ("item_id", "time", "prediction", "confidence", "outcome", "model", "source")
TABLE = "items"


@dataclass(frozen=True)
class ItemColumns:
    """What of the contract's columns an inference log brings."""

    contract: Contract
    entity: str
    target: str
    features: tuple[str, ...]
    time: str | None

    @classmethod
    def of(cls, contract: Contract) -> "ItemColumns":
        if not (contract.entity and isinstance(contract.target, ColumnTarget)):
            raise TypeError(f"{contract.id} has no entity and target column, by which items could become rows")
        roles = (contract.entity, contract.time_column, contract.target.column)
        columns = contract.input.columns.items()
        features = tuple(name for name, column in columns if column.feature and name not in roles)
        return cls(contract, contract.entity, contract.target.column, features, contract.time_column)

    def as_row(self, outcome: str) -> str:
        """SQL for the contract's columns, all as text, of an item; what logs do not bring is empty."""
        known = {self.entity: "item_id", self.target: outcome}
        known |= {self.time: "strftime(time, '%Y-%m-%d %H:%M:%S.%f')"} if self.time else {}
        known |= {name: feature(place) for place, name in enumerate(self.features)}
        return ", ".join(
            f"CAST({known.get(name, 'NULL')} AS VARCHAR) AS {quoted(name)}" for name in self.contract.input.columns
        )


def feature(place: int) -> str:
    """A feature's column among the items: logs and contracts may have any names, so it has a number."""
    return f"feature_{place}"


@dataclass(frozen=True)
class Items:
    """A table of items on this connection."""

    connection: duckdb.DuckDBPyConnection
    columns: ItemColumns

    @classmethod
    def read(
        cls,
        connection: duckdb.DuckDBPyConnection,
        columns: ItemColumns,
        files: Sequence[Path],
        unlearned: Sequence[str],
    ) -> "Items":
        """Read every file but for rows that an unlearned log has told; late outcomes find their item by its id."""
        rows = _rows(connection, columns, files)
        kept = f"FROM {rows}"
        if unlearned:
            kept += f" WHERE source NOT IN ({', '.join(text(each) for each in unlearned)})"
        newest = "(time, source, line)"
        inference = ", ".join(
            f"arg_max(struct_pack(v := {name}), {newest}) FILTER (prediction IS NOT NULL).v AS {name}"
            for name in ("time", "prediction", "confidence", "source", *map(feature, range(len(columns.features))))
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT item_id, {inference}, "
            f"arg_max(outcome, {newest}) FILTER (outcome IS NOT NULL) AS outcome, "
            f"arg_max(source, {newest}) FILTER (outcome IS NOT NULL) AS outcome_source "
            f"FROM ({kept}) WHERE item_id IS NOT NULL AND time IS NOT NULL GROUP BY item_id "
            "HAVING COUNT(prediction) > 0"  # an outcome of an unknown item has no features
        )
        return cls(connection, columns)


def _rows(connection: duckdb.DuckDBPyConnection, columns: ItemColumns, files: Sequence[Path]) -> str:
    """SQL for the rows of all files; a feature that no log brings is empty."""
    known = {name: f"CAST({quoted(name)} AS {type})" for name, type in zip(OWN, _TYPES, strict=True)}
    if not files:
        empty = [f"CAST(NULL AS {type}) AS {name}" for name, type in zip(OWN, _TYPES, strict=True)]
        empty += [f"CAST(NULL AS VARCHAR) AS {feature(place)}" for place in range(len(columns.features))]
        return f"(SELECT {', '.join(empty)}, 0 AS line WHERE false)"
    listed = ", ".join(text(file) for file in files)
    source = f"read_parquet([{listed}], union_by_name = true, file_row_number = true)"
    there = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    values = [f"{value} AS {name}" for name, value in known.items()]
    for place, name in enumerate(columns.features):
        value = f"CAST({quoted(name)} AS VARCHAR)" if name in there else "CAST(NULL AS VARCHAR)"
        values.append(f"{value} AS {feature(place)}")
    return f"(SELECT {', '.join(values)}, file_row_number AS line FROM {source})"


_TYPES = ("VARCHAR", "TIMESTAMP", "VARCHAR", "DOUBLE", "VARCHAR", "VARCHAR", "VARCHAR")
