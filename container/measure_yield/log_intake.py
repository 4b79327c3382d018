"""One inference log: each row is taken or rejected with its reason, as each row of a dropped file is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from container.measure_yield.json_lines import JsonLines, missing_keys
from container.measure_yield.log_contract import feature_columns, log_contract, of_another, span
from container.prepare.checks import Check, repeated
from container.prepare.column_types import LINE, raw
from container.prepare.engine import quoted, text
from container.prepare.header import FileRefused, header_names
from container.prepare.intake import Accepting, Intake, Progress
from container.prepare.lines import header_line
from container.prepare.plain_text import PlainText, plain_text
from container.prepare.reading import Header, Reading
from container.prepare.screening import FORMAT, Screening
from evergreen.contract import Contract
from evergreen.manifest import Rejection

_FIRST = '"\n\nfirst"'
_RUN_ID = r"^([a-z0-9-]+)-\d{5,}-[0-9a-f]{8}$"
LOG_LINE, DAY = '"\nline"', '"\nday"'  # columns of what was taken that no log can have


@dataclass
class LogScreening(Screening):
    """A log's rows, held against what a log must look like."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def _checked(self, numbered: bool) -> tuple[str, list[Check]]:  # noqa: ARG002 - lines are always told
        rows, every = super()._checked(numbered=True)
        every += [_something(), self._clock(), self._same_data_set()]
        if self._has_doubles(rows):
            rows = (
                f"(SELECT checked.*, doubles.first AS {_FIRST} FROM {rows} AS checked LEFT JOIN doubles "
                f"ON checked.item_id = doubles.item_id AND checked.prediction IS NOT NULL)"
            )
            again = repeated("item_id", LINE, _FIRST)
            reason = "has its prediction in this log already: an item is predicted once in a log"
            every.append(Check("item_id", "duplicate", again.condition, reason, again.detail))
        return rows, every

    def _has_doubles(self, rows: str) -> bool:
        count = self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT item_id, MIN({LINE}) AS first FROM {rows} "
            "WHERE item_id IS NOT NULL AND prediction IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
        ).fetchall()[0][0]
        return bool(count)

    def _write(self, accepted: Path) -> int:
        rows, every = self._checked(numbered=True)
        values = [
            quoted(name) if name in ("time", "confidence") else f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}"
            for name in self.contract.input.columns
        ]
        wrong = " OR ".join(f"({check.condition})" for check in every)
        count: int = self.connection.execute(
            f"COPY (SELECT {', '.join(values)}, {LINE} AS {LOG_LINE}, strftime(\"time\", '%Y-%m-%d') AS {DAY} "
            f"FROM {rows} WHERE NOT ({wrong})) TO {text(accepted)} {FORMAT}"
        ).fetchall()[0][0]
        return count

    def _clock(self) -> Check:
        oldest, latest = (f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'" for moment in span(self.now))
        condition = f'COALESCE("time" NOT BETWEEN {oldest} AND {latest}, false)'
        reason = f"is not in the past ten years: it is {self.now:%Y-%m-%d %H:%M} UTC; correct the clock"
        return Check("time", "clock", condition, reason)

    def _same_data_set(self) -> Check:
        own = text(self.contract.id.replace("_", "-"))
        condition = f"COALESCE(NULLIF(regexp_extract({raw('model')}, '{_RUN_ID}', 1), '') <> {own}, false)"
        return Check("model", "other_data_set", condition, "is a model of another data set: drop the row there")


def _something() -> Check:
    condition = f"{raw('prediction')} IS NULL AND {raw('outcome')} IS NULL"
    return Check(None, "empty_row", condition, "the row has neither a prediction nor an outcome: give one of them")


@dataclass
class LogIntake(Intake):
    """What every log of a data set is taken in with; `contract` is the log's own, made anew for its header."""

    dataset: Contract = field(kw_only=True)
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
        screening = LogScreening(self.connection, self.contract, reading, now=self.now)
        return screening, screening.accept(accepted) if reading.count else 0
