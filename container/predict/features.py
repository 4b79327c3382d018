"""Rows as they are sent become a model's numbers, by the same SQL as a dropped file's."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from container.predict.given import Form, Row, one_format
from container.prepare.cells import feature_value
from container.prepare.checks import Check
from container.prepare.column_types import LINE, raw, typed_rows
from container.prepare.dates import DateColumn, DateFormat
from container.prepare.engine import connect
from container.rows import Matrix, matrix
from container.signature import Signature
from evergreen.scoring import RowFault

LONGEST_SHOWN = 100  # characters of a value
GIVEN = '"\ngiven"'


def features_of(rows: Sequence[Row], form: Form, signature: Signature) -> tuple[Matrix | None, list[RowFault]]:
    """The rows in the signature's order of features; nothing where any row is at fault, and each fault."""
    texts, faults = form.texts(rows)
    columns = {f"\n{name}": pa.array(each, pa.string()) for name, each in texts.items()}  # as `raw` has them
    given = pa.table({LINE.strip('"'): pa.array(range(len(rows)), pa.int64()), **columns})
    with connect(Path(tempfile.gettempdir()), "predict", given.nbytes) as connection:
        connection.register(GIVEN.strip('"'), given)
        # What two rules share would be computed outside their TRY.
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")
        formats = _formats(connection, form)
        typed = typed_rows(GIVEN, form.columns, formats, form.decimal)
        absent = {(fault.row, fault.field) for fault in faults}
        broken = _faults(connection, typed, form.checks(formats))
        faults += [fault for fault in broken if (fault.row, fault.field) not in absent]
        if faults:
            return None, sorted(faults, key=lambda fault: fault.row or 0)
        values = ", ".join(feature_value(each, form.value(each.name)) for each in signature.features)
        table = connection.execute(f"SELECT {values} FROM {typed} ORDER BY {LINE}").to_arrow_table()
        return matrix(table, signature), []


def _formats(connection: duckdb.DuckDBPyConnection, form: Form) -> dict[str, DateFormat]:
    return {
        name: one_format(stated) or DateColumn(connection, GIVEN, name, raw(name), stated).from_all()
        for name, stated in form.stated_formats().items()
    }


def _faults(connection: duckdb.DuckDBPyConnection, typed: str, every: Sequence[Check]) -> list[RowFault]:
    if not every:
        return []
    flags = ", ".join(check.condition for check in every)
    details = ", ".join(f"CASE WHEN {check.condition} THEN {check.detail} END" for check in every)
    named = dict.fromkeys(check.column for check in every if check.column)
    shown = {name: place for place, name in enumerate(named)}
    values = ", ".join(f"left({raw(name)}, {LONGEST_SHOWN})" for name in shown) or "NULL"
    wrong = " OR ".join(f"({check.condition})" for check in every)
    query = f"SELECT {LINE}, [{flags}], [{values}], [{details}] FROM {typed} WHERE {wrong} ORDER BY {LINE}"
    return [
        _fault(line, check, texts[shown[check.column]] if check.column else None, more)
        for line, is_broken, texts, words in connection.execute(query).fetchall()
        for check, broken, more in zip(every, is_broken, words, strict=True)
        if broken
    ]


def _fault(row: int, check: Check, value: str | None, more: str | None) -> RowFault:
    shown = f"{value!r} " if value is not None else ""
    reason = f"{shown}{check.reason}{more or ''}"
    return RowFault(row=row, field=check.column, value=value, rule=check.rule, reason=reason)
