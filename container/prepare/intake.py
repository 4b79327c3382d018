"""One dropped file: rows that keep the contract become Parquet, the others go to quarantine."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from container.prepare.header import FileRefused
from container.prepare.lines import header_line
from container.prepare.plain_text import PlainText, plain_text
from container.prepare.quarantine import Quarantine
from container.prepare.reading import Header, Reading, damaged_parquet, directly, from_parquet, line_by_line
from container.prepare.row_rules import refuse_wrong_rules
from container.prepare.screening import CountDiffers, RowsLost, Screening
from evergreen.contract import Contract
from evergreen.manifest import FileReport, InputFile, Rejection

PARQUET = b"PAR1"
Accepting = tuple[Screening, int]  # and how many rows it has accepted


@dataclass
class Progress:
    """What is known of a file so far, for a report even when it is refused."""

    rows: int = 0
    kept: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Intake:
    """What every dropped file of a run is taken in with; wrong rules of the contract are raised at once."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    quarantine: Quarantine
    scratch: Path
    beside: tuple[str, ...] = ()  # columns of our own, in files that a run has collected by itself

    def __post_init__(self) -> None:
        refuse_wrong_rules(self.connection, self.contract.input)

    def take(self, path: Path, file: InputFile, accepted: Path, accepted_key: str) -> FileReport:
        """Accept or reject each row of one file; a file that cannot be read, or is mostly wrong, is refused whole."""
        progress = Progress()
        refused = False
        try:
            self._take(path, file.source, accepted, progress)
            self._refuse_mostly_wrong(progress)
        except FileRefused as refusal:
            refused = True
            accepted.unlink(missing_ok=True)
            self.quarantine.refuse(_of_file(file.source, refusal))
        return FileReport(
            arrival_id=file.arrival_id,
            source=file.source,
            rows=progress.rows,
            accepted=0 if refused else progress.kept,
            rejected=progress.rows if refused else progress.rejected,
            refused=refused,
            notes=tuple(progress.notes),
            accepted_key=None if refused else accepted_key,
        )

    def _take(self, path: Path, source: str, accepted: Path, progress: Progress) -> None:
        with path.open("rb") as stream:
            is_parquet = stream.read(len(PARQUET)) == PARQUET
        if is_parquet:
            self._take_parquet(path, source, accepted, progress)
        else:
            self._take_csv(path, source, accepted, progress)

    def _take_parquet(self, path: Path, source: str, accepted: Path, progress: Progress) -> None:
        reading = from_parquet(self.connection, path, self.contract, self.beside)
        progress.notes += reading.notes
        try:
            self._finish(*self._accept(reading, accepted), source, progress)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise damaged_parquet(error) from None

    def _take_csv(self, path: Path, source: str, accepted: Path, progress: Progress) -> None:
        with TemporaryDirectory(dir=self.scratch) as scratch:  # what one file needs is gone before the next one
            plain = plain_text(path, Path(scratch), self.contract.input)
            header = self._header(plain)
            progress.notes += [*plain.notes, *header.notes]
            accepting = self._directly(plain, header, accepted)
            if accepting is None:
                clean = Path(scratch) / "clean.csv"
                accepting = self._line_by_line(plain, header, clean, source, accepted)
            self._finish(*accepting, source, progress)

    def _header(self, plain: PlainText) -> Header:
        return Header.of(header_line(plain.path), plain.seen.delimiter, self.contract)

    def _directly(self, plain: PlainText, header: Header, accepted: Path) -> Accepting | None:
        # With one column, nobody can tell a blank line from a value that is empty.
        if header.width == 1 or not plain.seen.is_plain(header.width):
            return None
        try:
            return self._accept(directly(plain, header, self.contract), accepted)
        except duckdb.OutOfMemoryException:
            raise
        except (CountDiffers, duckdb.Error):  # not as plain as it seemed; any other error comes again line by line
            return None

    def _line_by_line(self, plain: PlainText, header: Header, clean: Path, source: str, accepted: Path) -> Accepting:
        def malformed(line: int, value: str, rule: str, reason: str) -> None:
            self.quarantine.add(Rejection(file=source, line=line, value=value, rule=rule, reason=reason))

        return self._accept(line_by_line(plain, header, self.contract, clean, malformed), accepted)

    def _accept(self, reading: Reading, accepted: Path) -> Accepting:
        screening = Screening(self.connection, self.contract, reading)
        return screening, screening.accept(accepted) if reading.count else 0

    def _finish(self, screening: Screening, kept: int, source: str, progress: Progress) -> None:
        reading = screening.reading
        progress.kept, progress.rows, progress.rejected = kept, reading.count + reading.set_aside, reading.set_aside
        progress.notes += screening.date_notes()
        if kept < reading.count:
            progress.rejected += screening.reject(source, self.quarantine)
        if kept + progress.rejected != progress.rows:
            counts = f"{kept} accepted + {progress.rejected} rejected are not the {progress.rows} rows read"
            raise RowsLost(f"{source}: {counts}")

    def _refuse_mostly_wrong(self, progress: Progress) -> None:
        if not progress.rows:
            raise FileRefused("no_rows", "the file has a header but no rows")
        limit = self.contract.input.reject_file_above
        if not progress.kept or progress.rejected > limit * progress.rows:
            counts = f"{progress.rejected} of {progress.rows} rows are rejected"
            too_many = f"more than the {limit:.0%} that the contract allows" if progress.kept else "so none is left"
            raise FileRefused("too_many_rejected", f"{counts}, {too_many}")


def _of_file(source: str, refusal: FileRefused) -> Rejection:
    return Rejection(
        file=source,
        line=refusal.line,
        column=refusal.column,
        value=refusal.value,
        rule=refusal.rule,
        reason=refusal.reason,
    )
