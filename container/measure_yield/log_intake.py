"""One inference log: each row is taken or rejected with its reason, as each row of a dropped file is."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from container.measure_yield.json_lines import JsonLines, missing_keys
from container.measure_yield.log_contract import feature_columns, log_contract, of_another, span
from container.prepare.checks import Check, checks
from container.prepare.column_types import LINE, raw, typed_rows
from container.prepare.dates import ISO
from container.prepare.engine import quoted, text
from container.prepare.header import FileRefused, header_names
from container.prepare.intake import Accepting, Intake, Progress
from container.prepare.lines import header_line
from container.prepare.plain_text import PlainText, plain_text
from container.prepare.quarantine import LONGEST_WRITTEN, Quarantine
from container.prepare.reading import Header, Reading
from container.prepare.screening import REJECTIONS_AT_ONCE, CountDiffers, Screening, rejection
from evergreen.contract import Contract
from evergreen.inference import OWN_COLUMNS
from evergreen.manifest import Rejection

_RUN_ID = r"^([a-z0-9-]+)-\d{5,}-[0-9a-f]{8}$"
_LONGEST_OWN = 16  # characters behind our name; behind it as the beginning of another's are more, `-x-00001-0a1b2c3d`
BEHIND_HEADER = 2  # the line of a plain file's first row


@dataclass
class LogScreening(Screening):
    """A log's rows, held against what a log must look like; the table of this name keeps them, good and bad."""

    table: str = field(kw_only=True)
    now: datetime = field(kw_only=True)

    def accept(self, accepted: Path) -> int:  # noqa: ARG002 - the table is instead of a file
        """Put every row into the table, with what is wrong with it; gives how many rows nothing is wrong with."""
        self.formats = {"time": ISO}
        own_lines = self.reading.rows == self.reading.numbered
        line = LINE if own_lines else "0"  # a table keeps the order of the file, so its rows tell their lines
        features = [raw(name) for name in self.contract.input.columns if name not in OWN_COLUMNS]
        # What was written where a value belongs is of interest in rejections only.
        written = [f"CASE WHEN broken <> 0 THEN {raw(name)} END AS {raw(name)}" for name in OWN_COLUMNS]
        broken = " | ".join(
            f"(CASE WHEN {check.condition} THEN {1 << place} ELSE 0 END)" for place, check in enumerate(self._every())
        )
        columns = {name: column for name, column in self.contract.input.columns.items() if name in OWN_COLUMNS}
        rows = typed_rows(self.reading.rows, columns, self.formats, self.reading.decimal)
        values = ", ".join([*map(quoted, OWN_COLUMNS), *written, *features])
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self.table} AS SELECT {line} AS line, broken, "
            f"CAST(NULL AS BIGINT) AS first, {values} FROM (SELECT *, CAST({broken} AS BIGINT) AS broken FROM {rows})"
        )
        if not own_lines:
            self.connection.execute(f"UPDATE {self.table} SET line = rowid + {BEHIND_HEADER}")
        return self._counted()

    def _counted(self) -> int:
        """Mark the rows whose item has an earlier prediction in the log; gives how many rows are good."""
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT item_id, MIN(line) AS first FROM {self.table} "
            "WHERE broken = 0 AND prediction IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
        )
        self.connection.execute(
            f"UPDATE {self.table} AS t SET first = d.first FROM doubles AS d "
            "WHERE t.item_id = d.item_id AND t.prediction IS NOT NULL AND t.broken = 0 AND t.line > d.first"
        )
        query = f"SELECT COUNT(*), COUNT(*) FILTER (broken = 0 AND first IS NULL) FROM {self.table}"
        read, good = self.connection.execute(query).fetchall()[0]
        if read != self.reading.count:
            raise CountDiffers(f"{read} rows are read, and there must be {self.reading.count}")
        return int(good)

    def reject(self, source: str, quarantine: Quarantine) -> int:
        """Write down every row with which something is wrong, once for each rule it breaks; gives how many rows."""
        every = self._every()
        names = list(self.contract.input.columns)
        values = ", ".join(f"left({raw(name)}, {LONGEST_WRITTEN})" for name in names)
        found = self.connection.execute(
            f"SELECT line, broken, first, CAST(item_id AS VARCHAR), [{values}] FROM {self.table} "
            "WHERE broken <> 0 OR first IS NOT NULL ORDER BY line"
        )
        rejected = 0
        while batch := found.fetchmany(REJECTIONS_AT_ONCE):
            rejected += len(batch)
            for line, broken, first, item, texts in batch:
                of_row = dict(zip(names, texts, strict=True))
                for place, check in enumerate(every):
                    if broken >> place & 1:
                        value = of_row[check.column] if check.column else None
                        quarantine.add(rejection(source, line, check, value, None))
                if first is not None:
                    words = f": line {first} has its prediction already; an item is predicted once in a log"
                    again = Check("item_id", "duplicate", "", "comes again")
                    quarantine.add(rejection(source, line, again, item, words))
        return rejected

    def _every(self) -> list[Check]:
        found = checks(self.contract, self.formats, self.reading.decimal)
        return [*found, self._something(), self._clock(), self._same_data_set()]

    def _something(self) -> Check:
        condition = f"{raw('prediction')} IS NULL AND {raw('outcome')} IS NULL"
        return Check(None, "empty_row", condition, "the row has neither a prediction nor an outcome: give one of them")

    def _clock(self) -> Check:
        oldest, latest = (f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'" for moment in span(self.now))
        condition = f'COALESCE("time" NOT BETWEEN {oldest} AND {latest}, false)'
        reason = f"is not in the past ten years: it is {self.now:%Y-%m-%d %H:%M} UTC; correct the clock"
        return Check("time", "clock", condition, reason)

    def _same_data_set(self) -> Check:
        own, model = self.contract.id.replace("_", "-"), raw("model")
        other = f"NULLIF(regexp_extract({model}, '{_RUN_ID}', 1), '') <> {text(own)}"
        # The pattern is slow; what goes on after our name with so little names no other data set.
        ours = f"starts_with({model}, {text(own + '-')}) AND strlen({model}) <= {len(own) + _LONGEST_OWN}"
        condition = f"CASE WHEN {ours} THEN false ELSE COALESCE({other}, false) END"
        return Check("model", "other_data_set", condition, "is a model of another data set: drop the row there")


@dataclass
class LogIntake(Intake):
    """What every log of a data set is taken in with; `contract` is the log's own, made anew for its header."""

    dataset: Contract = field(kw_only=True)
    table: str = field(kw_only=True)
    now: datetime = field(kw_only=True)
    is_json: bool = False

    def _take(self, path: Path, source: str, accepted: Path, progress: Progress) -> None:
        if not self.is_json:
            self._take_csv(path, source, accepted, progress)
            return
        with TemporaryDirectory(dir=self.scratch) as scratch:
            plain = plain_text(path, Path(scratch), self.contract.input)
            progress.notes += plain.notes
            lines = JsonLines(self.connection, plain.path)
            names = lines.names()
            self._learn(names)
            set_aside = 0
            for line, value in lines.malformed():
                reason = "the line is no JSON object: write one object per line"
                self.quarantine.add(Rejection(file=source, line=line, value=value, rule="json", reason=reason))
                set_aside += 1
            missing_keys(names, self.contract)
            self._finish(*self._accept(lines.reading(self.contract, set_aside), accepted), source, progress)

    def _header(self, plain: PlainText) -> Header:
        line = header_line(plain.path)
        self._learn(header_names(line, plain.seen.delimiter))
        return Header.of(line, plain.seen.delimiter, self.contract)

    def _learn(self, names: list[str]) -> None:
        strange = of_another(self.dataset, names)
        if strange:
            raise FileRefused("other_data_set", strange, 1)
        self.contract = log_contract(self.dataset, feature_columns(self.dataset, names))

    def _accept(self, reading: Reading, accepted: Path) -> Accepting:
        screening = LogScreening(self.connection, self.contract, reading, table=self.table, now=self.now)
        return screening, screening.accept(accepted) if reading.count else 0
