"""The rows of one file: those that keep the contract become Parquet, the others are written down with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from container.prepare.checks import Check, checks, repeated
from container.prepare.column_types import LINE, NUMBER, raw, typed_rows
from container.prepare.dates import ISO, DateColumn, DateFormat
from container.prepare.engine import quoted, text
from container.prepare.quarantine import LONGEST_WRITTEN, Quarantine
from container.prepare.reading import Reading
from container.signature import ROW_NUMBER
from evergreen.contract import Contract
from evergreen.manifest import Rejection

LONGEST_SHOWN = 100  # characters of a value within a reason
REJECTIONS_AT_ONCE = 1_000
# Of small row groups, queries for a span of time pass over more; nobody looks up single values.
FORMAT = "(FORMAT parquet, CODEC lz4_raw, ROW_GROUP_SIZE 61_440, WRITE_BLOOM_FILTER false)"


class RowsLost(AssertionError):
    """Accepted and rejected rows do not add up to the records read."""


class CountDiffers(RowsLost):
    """DuckDB does not read the rows that there must be."""


@dataclass
class Screening:
    """One file's rows, held against the contract."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    reading: Reading
    formats: dict[str, DateFormat] = field(default_factory=dict)

    def accept(self, accepted: Path) -> int:
        """Write the accepted rows and count them; rows that the reading does not give as they must be are lost."""
        dates = self._date_columns()
        guessed = {name: column.from_sample() for name, column in dates.items()}
        self.formats = self._fixed_formats() | {
            name: guess or dates[name].from_all() for name, guess in guessed.items()
        }
        kept = self._write(accepted)
        if kept == self.reading.count:
            return kept
        read = self.connection.execute(f"SELECT COUNT(*) FROM {self.reading.rows}").fetchall()[0][0]
        if read != self.reading.count:
            raise CountDiffers(f"{read} rows are read, and there must be {self.reading.count}")
        settled = self.formats | {name: dates[name].from_all() for name, guess in guessed.items() if guess}
        if settled != self.formats:
            self.formats = settled
            kept = self._write(accepted)
        return kept

    def reject(self, source: str, quarantine: Quarantine) -> int:
        """Write down every row that is not accepted, once for each rule it breaks; gives how many rows."""
        rows, every = self._checked(numbered=True)
        flags = ", ".join(check.condition for check in every)
        shown = {check.column: None for check in every if check.column}
        values = ", ".join(f"left({raw(name)}, {LONGEST_WRITTEN})" for name in shown) or "NULL"
        details = ", ".join(f"CASE WHEN {check.condition} THEN {check.detail} END" for check in every)
        wrong = _any(every)
        found = self.connection.execute(
            f"SELECT {LINE}, [{flags}], [{values}], [{details}] FROM {rows} WHERE {wrong} ORDER BY {LINE}"
        )
        places = {name: place for place, name in enumerate(shown)}
        rejected = 0
        while batch := found.fetchmany(REJECTIONS_AT_ONCE):
            rejected += len(batch)
            for line, is_broken, texts, words in batch:
                for check, broken, more in zip(every, is_broken, words, strict=True):
                    if broken:
                        value = texts[places[check.column]] if check.column else None
                        quarantine.add(rejection(source, line, check, value, more))
        return rejected

    def date_notes(self) -> list[str]:
        """By which formats dates were read, where the contract leaves it open."""
        columns = self.contract.input.columns
        return [
            f"dates of column {name!r} are read as {format.name}"
            for name, format in self.formats.items()
            if not columns[name].formats and format is not ISO
        ]

    def _date_columns(self) -> dict[str, DateColumn]:
        return {
            name: DateColumn(self.connection, self.reading.rows, name, raw(name), column.formats)
            for name, column in self.contract.input.columns.items()
            if column.type == "timestamp" and name not in self.reading.temporal
        }

    def _fixed_formats(self) -> dict[str, DateFormat]:
        return dict.fromkeys(self.reading.temporal, ISO)

    def _write(self, accepted: Path) -> int:
        rows, every = self._checked(numbered=self.contract.entity is None)
        number = [f"{NUMBER} AS {quoted(ROW_NUMBER)}"] if self.contract.entity is None else []
        values = ", ".join([*map(quoted, (*self.contract.input.columns, *self.reading.beside)), *number])
        count: int = self.connection.execute(
            f"COPY (SELECT {values} FROM {rows} WHERE NOT ({_any(every)})) TO {text(accepted)} {FORMAT}"
        ).fetchall()[0][0]
        return count

    def _checked(self, numbered: bool) -> tuple[str, list[Check]]:
        """SQL for the typed rows, and every check on them."""
        contract, reading = self.contract, self.reading
        every = checks(contract, self.formats, reading.decimal)
        twice = self._values_that_repeat()
        source = reading.numbered if numbered or twice else reading.rows
        rows = typed_rows(source, contract.input.columns, self.formats, reading.decimal)
        for name, (table, first) in twice.items():
            rows = f"(SELECT * FROM {rows} AS checked LEFT JOIN {table} ON checked.{quoted(name)} = {table}.repeated)"
            rows = rows.replace("SELECT *", f"SELECT checked.*, {table}.first AS {first}", 1)
            every.append(repeated(name, LINE, first))
        return rows, every

    def _values_that_repeat(self) -> Mapping[str, tuple[str, str]]:
        """For each unique column that has them: a table of its values that occur twice, with their first lines."""
        contract, reading = self.contract, self.reading
        found = {}
        for place, name in enumerate(name for name, column in contract.input.columns.items() if column.unique):
            rows = typed_rows(reading.numbered, contract.input.columns, self.formats, reading.decimal)
            table = f"repeated_{place}"
            count = self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {quoted(name)} AS repeated, MIN({LINE}) AS first "
                f"FROM {rows} WHERE {quoted(name)} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
            ).fetchall()[0][0]
            if count:
                found[name] = (table, quoted(f"\n\nfirst {place}"))
        return found


def _any(every: list[Check]) -> str:
    return " OR ".join(f"({check.condition})" for check in every) or "false"


def rejection(source: str, line: int, check: Check, value: str | None, more: str | None) -> Rejection:
    """A row's rejection by one check, in words."""
    shown = f"{value[:LONGEST_SHOWN]!r} " if value is not None else ""
    return Rejection(
        file=source,
        line=line,
        column=check.column,
        value=value,
        rule=check.rule,
        reason=f"{shown}{check.reason}{more or ''}",
    )
