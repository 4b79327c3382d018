"""A table's rows: its columns are the features, as they are, and one of them is the target."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from container.prepare.cells import feature_value, number, plain_text
from container.prepare.classes import ClassRows, several_classes, two_classes
from container.prepare.drawing import Drawing, Labelled, draw
from container.prepare.engine import quoted, text
from container.prepare.history import History
from container.prepare.prepared_rows import AUDIT, COLLECTED, ORDER, PART, SCORED, PreparedRows, Unusable
from container.prepare.query import QueryRefused
from container.prepare.split import in_words, row_identity
from container.signature import AS_OF, ROW_NUMBER, Feature, FeatureType
from evergreen.columns import Column, ColumnType
from evergreen.contract import Contract
from evergreen.targets import ColumnTarget, RandomSplit, TimeSplit

LABEL = '"\nlabel"'
FEATURE_TYPES: dict[ColumnType, FeatureType] = {
    "text": "category",
    "integer": "integer",
    "number": "number",
    "boolean": "integer",
    "timestamp": "number",
}


@dataclass(frozen=True)
class Table:
    """The contract of a table, with the parts that are only its own."""

    contract: Contract
    target: ColumnTarget
    split: RandomSplit | TimeSplit

    @classmethod
    def of(cls, contract: Contract) -> "Table | None":
        """None for an event log."""
        target, split = contract.target, contract.split
        if not isinstance(target, ColumnTarget) or not isinstance(split, RandomSplit | TimeSplit):
            return None
        return cls(contract, target, split)

    @property
    def entity(self) -> str:
        """The column that rows are known by."""
        return self.contract.entity or ROW_NUMBER

    @property
    def target_column(self) -> Column:
        return self.contract.input.columns[self.target.column]

    @property
    def features(self) -> tuple[Feature, ...]:
        """Every column but those that name, order, label or are said to be none."""
        roles = (self.contract.entity, self.contract.time_column, self.target.column)
        return tuple(
            Feature(name, FEATURE_TYPES[column.type])
            for name, column in self.contract.input.columns.items()
            if column.feature and name not in roles
        )

    @property
    def slices(self) -> tuple[str, ...]:
        """Columns that are no features and by whose values the gate is to look."""
        features = {feature.name for feature in self.features}
        return tuple(name for name in self.contract.gate.slices if name not in features)


def prepare_table(
    connection: duckdb.DuckDBPyConnection, table: Table, history: History, path: Path, since: str | None = None
) -> PreparedRows:
    """Write the table's rows to a Parquet file and say what they are; items observed `since` then judge, where they
    are enough. Raises Unusable."""
    if not table.features:
        raise QueryRefused(f"the contract of {table.contract.id} leaves no column to learn from")
    rows, drawing = _write(connection, table, history, path, since)
    classes, left_out, class_rows = _classes(connection, table, rows)
    target = quoted(table.target.column)
    if classes:
        listed = ", ".join(text(label) for label in classes)
        value = f"CAST(NULLIF(list_position([{listed}], {LABEL}), 0) - 1 AS DOUBLE)"
    else:
        value = LABEL
    kept = f"CASE WHEN {value} IS NOT NULL THEN {PART} END"
    begins = connection.execute(f"SELECT MIN({quoted(AS_OF)}) FROM {rows} WHERE {PART} = 'holdout'").fetchall()[0][0]
    return PreparedRows(
        connection=connection,
        relation=f"(SELECT * EXCLUDE ({LABEL}) REPLACE ({kept} AS {PART}, {AUDIT} AND {kept} = 'train' AS {AUDIT}), "
        f"{value} AS {target} FROM {rows})",
        entity=table.entity,
        features=table.features,
        target=table.target.column,
        split=in_words(table.split, table.contract.entity),
        meaning={
            "task": table.contract.task,
            "entity": table.contract.entity,
            "target": table.target.column,
            "positive": table.target.positive,
            "types": _types(table),  # two types of one value hash to other places
        },
        classes=classes,
        class_rows=class_rows,
        left_out=left_out + _without_entity(connection, table, history),
        slices=table.slices,
        holdout_from=str(begins).removesuffix(" 00:00:00") if begins else None,
        drawn=drawing.drawn,
        recent_holdout=drawing.recent_holdout,
        holdout=drawing.holdout,
    )


def feature_values(table: Table) -> str:
    """SQL for every feature as a model takes it."""
    return ", ".join(feature_value(feature, raw_value(table, feature.name)) for feature in table.features)


def _write(
    connection: duckdb.DuckDBPyConnection, table: Table, history: History, path: Path, since: str | None
) -> tuple[str, Drawing]:
    """Entity, AS_OF, features, LABEL as it is, PART, SCORED and ORDER of every row that has an entity."""
    entity, time = quoted(table.entity), table.contract.time_column
    rows = f"(FROM {history.relation} WHERE {entity} IS NOT NULL)"
    label = _label(table)
    labelled = f"(FROM {rows} WHERE {label} IS NOT NULL)"
    identity = entity if table.contract.entity else row_identity([feature.name for feature in table.features])
    least = table.contract.gate.min_rows
    drawing = draw(connection, table.split, Labelled(labelled, label, identity), since=since, least=least)
    slices = "".join(f"{plain_text(f'CAST({quoted(name)} AS VARCHAR)')} AS {quoted(name)}, " for name in table.slices)
    as_of = quoted(time) if time else "CAST(NULL AS TIMESTAMP)"
    newest = f"arg_max({ORDER}, ({quoted(time)}, {ORDER}))" if time else f"MAX({ORDER})"
    scored = f"{ORDER} IN (SELECT {newest} FROM {rows} GROUP BY {entity})" if table.contract.entity else "true"
    connection.execute(
        f"COPY (SELECT {entity}, {as_of} AS {quoted(AS_OF)}, {feature_values(table)}, {slices}{label} AS {LABEL}, "
        f"CASE WHEN {label} IS NOT NULL THEN {drawing.part} END AS {PART}, {drawing.collected} AS {COLLECTED}, "
        f"{drawing.audit} AS {AUDIT}, {scored} AS {SCORED}, {ORDER} FROM {rows}) TO {text(path)} "
        "(FORMAT parquet, CODEC lz4_raw)"
    )
    return f"read_parquet({text(path)})", drawing


def _types(table: Table) -> str:
    """The declared types of what rows are drawn and learned by."""
    names = [*([table.contract.entity] if table.contract.entity else []), *(feature.name for feature in table.features)]
    return ", ".join(f"{name!r}: {table.contract.input.columns[name].type}" for name in names)


def raw_value(table: Table, name: str) -> str:
    """SQL for a column as the number or text that a model can take."""
    match table.contract.input.columns[name].type:
        case "boolean":
            return f"CAST({quoted(name)} AS INTEGER)"
        case "timestamp":
            return f"epoch({quoted(name)}) / 86400"
        case _:
            return quoted(name)


def _label(table: Table) -> str:
    target = quoted(table.target.column)
    if table.contract.task == "regression":
        return f"({number(target)})"
    return f"({plain_text(f'CAST({target} AS VARCHAR)')})"


def _classes(
    connection: duckdb.DuckDBPyConnection, table: Table, rows: str
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, int]]:
    """The classes, a sentence about rows of others, and the labelled rows of each class."""
    column = table.target.column
    labelled = connection.execute(f"SELECT COUNT({LABEL}) FROM {rows}").fetchall()[0][0]
    if not labelled:
        remedy = "drop rows with labels"
        if table.contract.input.arrives == "replace":
            remedy = (
                "a file replaces all rows here, so drop rows to be scored together with the labelled ones, "
                "or say arrives: append with a key in the contract"
            )
        raise Unusable(f"no row has a value of {column!r}, the target, so there is nothing to learn from: {remedy}")
    if table.contract.task == "regression":
        return (), (), {}
    train = f"COUNT(*) FILTER ({PART} = 'train')"
    query = f"SELECT {LABEL}, COUNT(*), {train} FROM {rows} WHERE {LABEL} IS NOT NULL GROUP BY 1 ORDER BY 1"
    found = {label: ClassRows(*counts) for label, *counts in connection.execute(query).fetchall()}
    left_out = None
    if table.contract.task == "binary":
        classes: tuple[str, ...] = two_classes(column, _positive(connection, table), found)
    else:
        classes, left_out = several_classes(column, found, whole=table.target_column.type == "integer")
    return classes, (left_out,) if left_out else (), {label: found[label].rows for label in classes}


def _positive(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The contract's positive value as labels are written."""
    given = table.target.positive or ""
    if table.target_column.type == "boolean":
        given = given.lower()
    cleaned: str | None = connection.execute(f"SELECT {plain_text('CAST(? AS VARCHAR)')}", [given]).fetchall()[0][0]
    return cleaned or ""


def _without_entity(connection: duckdb.DuckDBPyConnection, table: Table, history: History) -> tuple[str, ...]:
    where = f"{quoted(table.entity)} IS NULL"
    missing = connection.execute(f"SELECT COUNT(*) FROM {history.relation} WHERE {where}").fetchall()[0][0]
    return (f"{missing:,} rows have no {table.entity} and are left out",) if missing else ()
