"""What each column of a file holds: its type, how much is missing, how many values, from where to where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from container.prepare.dates import ISO, means_missing
from container.prepare.engine import text
from container.survey.dates import candidates, in_order, other_order
from container.survey.reading import PlainFile
from evergreen.columns import ColumnType
from evergreen.survey import MOST_VALUES, ColumnSurvey

TABLE = "surveyed"
WHOLE = r"[+-]?[0-9]+(\.0*)?"
CODE = r"[+-]?0[0-9]+(\.0*)?"  # 007: a name that happens to be of digits
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
NUMBER_WITH_COMMA = r"[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?"
LEAST_FIT = 0.999  # of the rows with a value; below, a column is text
LEAST_FIT_OF_TIMES = 0.99
MARKS = "('#n/a', 'nil', '-', '--', '?', '.', 'missing', 'unknown')"  # of no value, which a typed column does not take
SAMPLED_VALUES = 20
SAMPLED_ROWS = 2000
NO_VALUE = means_missing("v")
Decimal = Literal[".", ","]


@dataclass(frozen=True)
class Reading:
    """One way to read a column's texts: the type, an SQL expression over `v`, and for times the formats."""

    type: ColumnType
    sql: str
    formats: tuple[str, ...] = ()
    ambiguous: bool = False


def load(connection: duckdb.DuckDBPyConnection, file: PlainFile) -> tuple[int, int]:
    """Read the file as text, missing values as NULL; give the rows read and the records that are malformed."""
    fields = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(file.names)))
    source = (
        f"read_csv({text(file.path)}, columns = {{{fields}}}, delim = {text(file.delimiter)}, quote = '\"', "
        "escape = '\"', header = true, auto_detect = false, max_line_size = 4000000, store_rejects = true)"
    )
    values = ", ".join(f"NULLIF(trim(c{place}), '') AS c{place}" for place in range(len(file.names)))
    connection.execute(f"CREATE TEMP TABLE {TABLE} AS SELECT row_number() OVER () AS row, {values} FROM {source}")
    rows = _one(connection, f"SELECT COUNT(*) FROM {TABLE}")[0]
    return rows, _one(connection, "SELECT COUNT(DISTINCT line) FROM reject_errors")[0]


def decimal_mark(connection: duckdb.DuckDBPyConnection, file: PlainFile) -> Decimal:
    """A comma when more of the columns hold numbers like 1,5 than like 1.5."""
    places = range(len(file.names))
    counts = ", ".join(
        f"COUNT(*) FILTER (regexp_full_match(c{place}, '[+-]?[0-9]+{mark}[0-9]+'))"
        for mark in (",", r"\.")
        for place in places
    )
    found = _one(connection, f"SELECT {counts} FROM (SELECT * FROM {TABLE} LIMIT {SAMPLED_ROWS})")
    commas, points = found[: len(file.names)], found[len(file.names) :]
    return "," if sum(map(bool, commas)) > sum(map(bool, points)) else "."


def survey_column(
    connection: duckdb.DuckDBPyConnection, place: int, name: str, decimal: Decimal
) -> tuple[ColumnSurvey, str]:
    """One column, and the SQL expression over its text, called `v`, that gives the typed value."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE counted AS SELECT c{place} AS v, COUNT(*) AS n FROM {TABLE} GROUP BY v"
    )
    present, missing = _one(
        connection, "SELECT COALESCE(SUM(n) FILTER (v IS NOT NULL), 0), SUM(n) FILTER (v IS NULL) FROM counted"
    )
    sample = connection.execute(
        f"SELECT v FROM counted WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {SAMPLED_VALUES}"
    ).fetchall()
    reading = _reading(connection, place, [value for (value,) in sample], present, decimal)
    typed = reading.sql
    written = f"CAST({typed} AS VARCHAR)" if reading.type in ("integer", "boolean") else "v"  # 1 and 1.0 are one value
    connection.execute(f"CREATE OR REPLACE TEMP TABLE typed AS SELECT v, n, {typed} AS x, {written} AS w FROM counted")
    values = connection.execute(
        "SELECT w, CAST(SUM(n) AS BIGINT) AS n FROM typed WHERE x IS NOT NULL GROUP BY w "
        f"ORDER BY n DESC, w LIMIT {MOST_VALUES}"
    ).fetchall()
    distinct, fits, least, most, fractions = _one(
        connection,
        f"SELECT COUNT(DISTINCT x), SUM(n), MIN(x), MAX(x), "
        f"{'COALESCE(BOOL_OR(x <> floor(x)), false)' if reading.type == 'number' else 'false'} "
        f"FROM typed WHERE x IS NOT NULL",
    )
    unfit = "v IS NOT NULL AND x IS NULL"
    marked = _one(connection, f"SELECT COALESCE(SUM(n), 0) FROM typed WHERE {unfit} AND {NO_VALUE}")[0]
    misfits = present - (fits or 0) - marked
    misfit = misfits and _one(
        connection, f"SELECT v FROM typed WHERE {unfit} AND NOT {NO_VALUE} ORDER BY n DESC, v LIMIT 1"
    )
    bounded = reading.type in ("integer", "number", "timestamp") and least is not None
    column = ColumnSurvey(
        name=name,
        type=reading.type,
        missing=(missing or 0) + marked,
        distinct=distinct,
        values=tuple(values),
        least=str(least) if bounded else None,
        most=str(most) if bounded else None,
        fractions=fractions,
        increasing=_increasing(connection, place, reading, distinct, present),
        formats=reading.formats,
        ambiguous=reading.ambiguous,
        misfits=misfits,
        misfit=misfit[0] if misfit else None,
    )
    return column, typed


def _reading(
    connection: duckdb.DuckDBPyConnection, place: int, sample: Sequence[str], present: int, decimal: Decimal
) -> Reading:
    """The narrowest type that nearly every value fits."""
    if not present:
        return Reading("text", "v")
    shape = NUMBER if decimal == "." else NUMBER_WITH_COMMA
    number = "TRY_CAST(v AS DOUBLE)" if decimal == "." else "TRY_CAST(replace(v, ',', '.') AS DOUBLE)"
    number = f"CASE WHEN regexp_full_match(v, '{shape}') AND isfinite({number}) THEN {number} END"
    whole = f"CASE WHEN regexp_full_match(v, '{WHOLE}') THEN TRY_CAST(v AS BIGINT) END"
    wholes, numbers, codes, booleans, words = _one(
        connection,
        f"SELECT COALESCE(SUM(n) FILTER (({whole}) IS NOT NULL), 0), "
        f"COALESCE(SUM(n) FILTER (({number}) IS NOT NULL), 0), "
        f"COALESCE(SUM(n) FILTER (regexp_full_match(v, '{CODE}')), 0), "
        "COALESCE(SUM(n) FILTER (lower(v) IN ('true', 'false')), 0), "
        f"COALESCE(SUM(n) FILTER ({NO_VALUE} OR lower(v) IN {MARKS}), 0) FROM counted WHERE v IS NOT NULL",
    )
    enough = max(LEAST_FIT * (present - words), 1)
    if booleans >= enough:
        return Reading("boolean", "CASE lower(v) WHEN 'true' THEN true WHEN 'false' THEN false END")
    if codes:
        return Reading("text", "v")
    if wholes >= enough and wholes == numbers:
        return Reading("integer", whole)
    if numbers >= enough:
        return Reading("number", number)
    return _time(connection, place, sample, LEAST_FIT_OF_TIMES * (present - words)) or Reading("text", "v")


def _time(connection: duckdb.DuckDBPyConnection, place: int, sample: Sequence[str], enough: float) -> Reading | None:
    formats = candidates(sample)
    counts = [(_fits(connection, f"TRY_STRPTIME(v, {text(format)})"), format) for format in formats]
    fitting = [(count, format) for count, format in counts if count >= enough]
    best = max((count for count, _ in fitting), default=0)
    if (iso := _fits(connection, ISO.sql("v"))) >= enough and iso > best:  # several ways to write ISO 8601
        return Reading("timestamp", ISO.sql("v"))
    if not fitting:
        return None
    equals = [format for count, format in fitting if count == best]
    ambiguous = any(other_order(format) in equals for format in equals)
    if ambiguous:
        rows = connection.execute(
            f"SELECT c{place} FROM {TABLE} WHERE c{place} IS NOT NULL ORDER BY row LIMIT {SAMPLED_ROWS}"
        ).fetchall()
        values = [value for (value,) in rows]
        equals.sort(key=lambda format: -in_order(values, format))  # files are mostly in order of time
    return Reading("timestamp", f"TRY_STRPTIME(v, {text(equals[0])})", (equals[0],), ambiguous)


def _fits(connection: duckdb.DuckDBPyConnection, typed: str) -> int:
    return int(_one(connection, f"SELECT COALESCE(SUM(n), 0) FROM counted WHERE {typed} IS NOT NULL")[0])


def _increasing(
    connection: duckdb.DuckDBPyConnection, place: int, reading: Reading, distinct: int, present: int
) -> bool:
    if reading.type != "integer" or distinct < present:
        return False
    typed = reading.sql
    (falls,) = _one(
        connection,
        f"SELECT COUNT(*) FROM (SELECT x <= lag(x) OVER (ORDER BY row) AS falls FROM "
        f"(SELECT row, {typed} AS x FROM (SELECT row, c{place} AS v FROM {TABLE})) WHERE x IS NOT NULL) WHERE falls",
    )
    return bool(falls == 0)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    assert found is not None
    return tuple(found)
