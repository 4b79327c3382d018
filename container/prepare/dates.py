"""By which format a file's dates are read: the contract's, or the one that its values allow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from container.prepare.engine import text
from container.prepare.header import FileRefused

SAMPLE = 2_000  # rows by which formats are told apart; all rows are looked at where these leave a doubt
MISSING = "['', 'na', 'n/a', 'nan', 'null', 'none']"
TIMES = (" %H:%M:%S", " %H:%M", "", " %I:%M %p", " %I:%M:%S %p")
ISO_PATTERN = r" *\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)? *"
WITHOUT_SECONDS = r"^( *[^ T]+[T ]\d{2}:\d{2})([Z+-].*)$"
EXAMPLE = datetime(2010, 12, 1, 8, 26)


def means_missing(raw: str) -> str:
    """SQL: whether a text is a usual mark for a value that is missing."""
    return f"list_contains({MISSING}, lower(trim({raw})))"  # the optimiser would make a join of a longer IN


@dataclass(frozen=True)
class DateFormat:
    """One way to read a date; dates with and without a time count as the same way when it is inferred."""

    name: str  # as strptime has it
    inferred: bool = False

    def sql(self, raw: str) -> str:
        """SQL for the timestamp in a text, NULL where it does not fit."""
        if self is ISO:
            # An offset is heeded by the type with a time zone only.
            moment = f"TRY_CAST(TRY_CAST({raw} AS TIMESTAMPTZ) AS TIMESTAMP)"
            with_seconds = f"regexp_replace({raw}, {text(WITHOUT_SECONDS)}, '\\1:00\\2')"  # which DuckDB asks for
            moment = f"COALESCE({moment}, TRY_CAST(TRY_CAST({with_seconds} AS TIMESTAMPTZ) AS TIMESTAMP))"
            return f"CASE WHEN regexp_full_match({raw}, {text(ISO_PATTERN)}) THEN {moment} END"
        if not self.inferred:
            return f"TRY_STRPTIME({raw}, {text(self.name)})"  # blanks around a date are nothing to it
        found = f"TRY_STRPTIME({raw}, [{', '.join(text(self.name + time) for time in TIMES)}])"
        # '%Y' takes 10 for the year 10.
        return f"CASE WHEN {found} >= TIMESTAMP '1000-01-01' THEN {found} END" if "%Y" in self.name else found

    @property
    def example(self) -> str:
        return EXAMPLE.strftime(self.name)

    def swaps(self, other: "DateFormat") -> bool:
        """Whether one reads the day first and the other the month."""
        return self._day_first() != other._day_first()

    def _day_first(self) -> bool:
        return 0 <= self.name.find("%d") < self.name.find("%m")


ISO = DateFormat("%Y-%m-%d %H:%M:%S", inferred=True)
INFERRED = (
    ISO,
    *(
        DateFormat(mark.join(parts), inferred=True)
        for mark in "/.-"
        for parts in (("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%d", "%m", "%y"), ("%m", "%d", "%y"))
    ),
    *(
        DateFormat(name, inferred=True)
        for name in ("%Y/%m/%d", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%Y%m%d")
    ),
)


@dataclass(frozen=True)
class DateColumn:
    """The dates of one column of one file."""

    connection: duckdb.DuckDBPyConnection
    rows: str  # SQL of the file's rows, as text
    name: str
    raw: str  # SQL of the column's text
    stated: tuple[str, ...]

    @property
    def formats(self) -> tuple[DateFormat, ...]:
        return tuple(map(DateFormat, self.stated)) or INFERRED

    def from_sample(self) -> DateFormat | None:
        """The one format that the first rows allow; it is the file's, too, if no value of it breaks it."""
        if len(self.formats) == 1:
            return self.formats[0]
        total, fits = self._count(self.formats, f"(FROM {self.rows} LIMIT {SAMPLE})")
        best = [format for format, count in fits.items() if count == total]
        return best[0] if best and (self.stated or len(best) == 1) else None

    def from_all(self) -> DateFormat:
        """The format that fits most values; one that swaps day and month must not fit as many."""
        if len(self.formats) == 1:
            return self.formats[0]
        known = self.formats if self.stated else self._likely()
        _, fits = self._count(known, self.rows)
        best = max(fits, key=lambda format: fits[format])
        for other, count in fits.items():
            if not self.stated and count == fits[best] and best.swaps(other):
                self._refuse_if_different(best, other)
        return best

    def _likely(self) -> Sequence[DateFormat]:
        """Formats that fit some of the first values, or of the first ones which the best of those does not fit."""
        found: dict[DateFormat, int] = {}
        where = "true"
        for _ in range(2):
            _, fits = self._count(self.formats, f"(FROM {self.rows} WHERE {self._given} AND {where} LIMIT {SAMPLE})")
            found |= {format: count for format, count in fits.items() if count and format not in found}
            best = max(found, key=lambda format: found[format], default=ISO)
            where = f"{best.sql(self.raw)} IS NULL"
        return list(found) or [ISO]

    @property
    def _given(self) -> str:
        return f"NOT {means_missing(self.raw)}"

    def _count(self, formats: Iterable[DateFormat], rows: str) -> tuple[int, dict[DateFormat, int]]:
        formats = list(formats)
        counts = ", ".join(f"COUNT({format.sql(self.raw)})" for format in formats)
        row = self.connection.execute(f"SELECT COUNT(*) FILTER ({self._given}), {counts} FROM {rows}").fetchall()[0]
        return row[0], dict(zip(formats, row[1:], strict=True))

    def _refuse_if_different(self, one: DateFormat, other: DateFormat) -> None:
        differ = f"{one.sql(self.raw)} IS DISTINCT FROM {other.sql(self.raw)}"
        found = self.connection.execute(f"SELECT {self.raw} FROM {self.rows} WHERE {differ} LIMIT 1").fetchall()
        if found:
            reason = (
                f"{found[0][0]!r} may be read as {one.name} or as {other.name}, and no value tells which: "
                f"state formats: [...] for column {self.name!r} in the contract"
            )
            raise FileRefused("ambiguous_dates", reason, column=self.name, value=found[0][0])
