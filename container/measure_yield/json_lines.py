"""A log of one JSON object per line as SQL: its rows with every column as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from container.prepare.column_types import LINE, NUMBER, raw
from container.prepare.engine import text
from container.prepare.header import FileRefused
from container.prepare.plain_text import PlainText
from container.prepare.reading import Reading
from container.prepare.scan import LONGEST_LINE
from evergreen.contract import Contract

LOOKED_AT = 1_000  # lines by which a log's columns are known
Malformed = tuple[int, str]  # line, and what stands there


@dataclass(frozen=True)
class JsonLines:
    """The lines of a file, loaded once."""

    connection: duckdb.DuckDBPyConnection
    path: Path

    def __post_init__(self) -> None:
        lines = (
            f"read_csv({text(self.path)}, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false, "
            f"delim = '\\x01', quote = '', escape = '', max_line_size = {2 * LONGEST_LINE}, null_padding = true)"
        )
        try:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE json_lines AS SELECT * FROM "
                f"(SELECT ROW_NUMBER() OVER () AS number, ltrim(line, chr(65279)) AS line FROM {lines}) "
                "WHERE trim(line) <> ''"
            )
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            message = " ".join(str(error).split())[:200]
            reason = f"the lines cannot be read ({message}): write one JSON object per line, in UTF-8"
            raise FileRefused("json", reason) from None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, plain: PlainText) -> "JsonLines":
        """The lines of a file that is plain text by now."""
        return cls(connection, plain.path)

    def names(self) -> list[str]:
        """The columns that the first lines name."""
        found = self.connection.execute(
            "SELECT name FROM (SELECT UNNEST(json_keys(line)) AS name, number FROM json_lines "
            f"WHERE {_IS_OBJECT} ORDER BY number LIMIT {LOOKED_AT}) GROUP BY name ORDER BY MIN(number), name"
        ).fetchall()
        return [name for (name,) in found]

    def malformed(self) -> Iterator[Malformed]:
        """The lines that are no JSON objects."""
        found = self.connection.execute(f"SELECT number, line FROM json_lines WHERE NOT ({_IS_OBJECT}) ORDER BY number")
        while batch := found.fetchmany(1_000):
            yield from batch

    def reading(self, contract: Contract, set_aside: int) -> Reading:
        """The rows, each at the line where it stands."""
        columns = contract.input.columns
        paths = [[_path(each) for each in (name, *column.aliases)] for name, column in columns.items()]
        listed = ", ".join(text(path) for of_column in paths for path in of_column)
        values, place = [], 1
        for name, of_column in zip(columns, paths, strict=True):
            found = [f"NULLIF(found[{place + number}], '')" for number in range(len(of_column))]
            values.append(f"COALESCE({', '.join(found)}, NULL) AS {raw(name)}")
            place += len(of_column)
        rows = (
            f"(SELECT number AS {LINE}, number AS {NUMBER}, {', '.join(values)} FROM "
            f"(SELECT number, json_extract_string(line, [{listed}]) AS found FROM json_lines WHERE {_IS_OBJECT}))"
        )
        count = self.connection.execute(f"SELECT COUNT(*) FROM json_lines WHERE {_IS_OBJECT}").fetchall()[0][0]
        return Reading(rows, rows, count, set_aside)


_IS_OBJECT = "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"


def missing_keys(names: Sequence[str], contract: Contract) -> None:
    """Raise FileRefused when no line names a column that every row must have."""
    for name, column in contract.input.columns.items():
        if column.required and not {name, *column.aliases}.intersection(names):
            reason = f"no line has the key {name!r}; they have {', '.join(names[:20]) or 'none'}"
            raise FileRefused("missing_column", reason, column=name)


def _path(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'
