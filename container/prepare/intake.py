"""One dropped file: rows that keep the contract become Parquet, the others go to quarantine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from container.prepare.column_types import LINE, Check, checks, typed_rows, value
from container.prepare.engine import quoted, text
from container.prepare.header import FileRefused, positions
from container.prepare.lines import numbered_lines, open_records, read_header, write_clean
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.manifest import FileReport, InputFile, Rejection

LONGEST_SHOWN = 100  # characters of a value within a reason


class RowsLost(AssertionError):
    """Accepted and rejected rows do not add up to the records read."""


@dataclass
class Intake:
    """What every dropped file of a run is taken in with."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    quarantine: Quarantine
    scratch: Path

    def take(self, path: Path, file: InputFile, accepted: Path, accepted_key: str) -> FileReport:
        """Accept or reject each row of one file; a file that cannot be read, or is mostly wrong, is refused whole."""
        rows = 0
        clean = self.scratch / "clean.csv"
        try:
            places, width, written, set_aside = self._clean(path, file.source, clean)
            rows = written + set_aside
            if not rows:
                raise FileRefused("no_rows", "the file has a header but no rows")
            kept, rejected = self._split(_raw(clean, places, width), written, file.source, accepted)
            if kept + rejected != written:
                raise RowsLost(f"{file.source}: {kept} accepted + {rejected} rejected are not the {written} rows read")
            rejected += set_aside
            limit = self.contract.input.reject_file_above
            if not kept or rejected > limit * rows:
                reason = f"{rejected} of {rows} rows are rejected, more than the {limit:.0%} that the contract allows"
                raise FileRefused("too_many_rejected", reason)
        except FileRefused as refusal:
            accepted.unlink(missing_ok=True)
            self.quarantine.refuse(
                Rejection(
                    file=file.source,
                    line=refusal.line,
                    column=refusal.column,
                    value=refusal.value,
                    rule=refusal.rule,
                    reason=refusal.reason,
                )
            )
            return FileReport(
                arrival_id=file.arrival_id, source=file.source, rows=rows, accepted=0, rejected=rows, refused=True
            )
        return FileReport(
            arrival_id=file.arrival_id,
            source=file.source,
            rows=rows,
            accepted=kept,
            rejected=rejected,
            accepted_key=accepted_key,
        )

    def _clean(self, path: Path, source: str, clean: Path) -> tuple[dict[str, int], int, int, int]:
        def malformed(line: int, value: str, rule: str, reason: str) -> None:
            self.quarantine.add(Rejection(file=source, line=line, value=value, rule=rule, reason=reason))

        with open_records(path) as stream, clean.open("w", encoding="utf-8", newline="") as target:
            lines = numbered_lines(stream)
            names = read_header(lines)
            places = positions(names, self.contract.input.columns)
            return places, len(names), *write_clean(lines, len(names), target, malformed)

    def _split(self, raw: str, written: int, source: str, accepted: Path) -> tuple[int, int]:
        """Write the accepted rows and count them; count and write down the rejected ones on their own."""
        columns = self.contract.input.columns
        formats = {name: self._format(raw, name) for name, column in columns.items() if column.type == "timestamp"}
        rows = typed_rows(raw, columns, formats)
        rules = checks(columns, formats, self.contract.split.column, self.contract.entity)
        values = ", ".join(f"{value(name, column)} AS {quoted(name)}" for name, column in columns.items())
        wrong = " OR ".join(f"({check.condition})" for check in rules)
        kept = self.connection.execute(
            f"COPY (SELECT {values} FROM {rows} WHERE NOT ({wrong})) TO {text(accepted)} (FORMAT parquet, CODEC zstd)"
        ).fetchall()[0][0]
        return kept, self._reject(rows, rules, wrong, source) if kept < written else 0

    def _reject(self, rows: str, rules: list[Check], wrong: str, source: str) -> int:
        flags = ", ".join(check.condition for check in rules)
        values = ", ".join(quoted(check.column) for check in rules)
        found = self.connection.execute(
            f"SELECT {LINE}, [{flags}], [{values}] FROM {rows} WHERE {wrong} ORDER BY {LINE}"
        )
        rejected = 0
        while batch := found.fetchmany(10_000):
            rejected += len(batch)
            for line, broken, texts in batch:
                for check, is_broken, shown in zip(rules, broken, texts, strict=True):
                    if is_broken:
                        self.quarantine.add(_rejection(source, line, check, shown))
        return rejected

    def _format(self, raw: str, name: str) -> str:
        """The contract's format that fits most of the file's values; of equals the one listed first."""
        formats = self.contract.input.columns[name].formats
        if len(formats) == 1:
            return formats[0]
        counts = ", ".join(f"COUNT(TRY_STRPTIME(trim({quoted(name)}), {text(format)}))" for format in formats)
        fits: tuple[int, ...] = self.connection.execute(f"SELECT {counts} FROM {raw}").fetchall()[0]
        return formats[fits.index(max(fits))]


def _raw(clean: Path, places: Mapping[str, int], width: int) -> str:
    """SQL for the clean file with every column as text, empty ones as NULL."""
    fields = ", ".join(f"'field{place}': 'VARCHAR'" for place in range(width))
    names = ", ".join(f"NULLIF(field{place}, '') AS {quoted(name)}" for name, place in places.items())
    options = r"header = false, auto_detect = false, strict_mode = true, max_line_size = 4000000, new_line = '\n'"
    return (
        f"(SELECT line AS {LINE}, {names} FROM read_csv({text(clean)}, columns = {{'line': 'BIGINT', {fields}}}, "
        f"delim = ',', quote = '\"', escape = '\"', {options}))"
    )


def _rejection(source: str, line: int, check: Check, value: str | None) -> Rejection:
    shown = f"{value[:LONGEST_SHOWN]!r} " if value is not None else ""
    return Rejection(
        file=source, line=line, column=check.column, value=value, rule=check.rule, reason=f"{shown}{check.reason}"
    )
