"""The contract's own SQL, one SELECT each, run on what the engine lets it see."""

import re
from dataclasses import dataclass
from datetime import date

import duckdb

from container.signature import Feature

WHOLE_TYPES = {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER"}
ENTITY_TYPES = WHOLE_TYPES | {"VARCHAR"}
LONGEST_MESSAGE = 300
QUOTED_OR_BLANK = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)|(?:--[^\n]*|/\*.*?\*/|\s)+""",
    re.DOTALL,
)
# What values can cause. Unknown tables or columns are the contract's own mistake, and no other data would mend them.
CAUSED_BY_VALUES = (duckdb.DataError, duckdb.InvalidInputException)


class QueryRefused(ValueError):
    """The contract's SQL gives something that cannot be used; says what and where."""


class QueryFailed(Exception):
    """The contract's SQL stops at a value of the data; says which SQL and what DuckDB says of it."""

    def __init__(self, name: str, error: Exception) -> None:
        message = " ".join(str(error).split())
        super().__init__(f"{name} fails on this data: {message[:LONGEST_MESSAGE]}")


@dataclass(frozen=True)
class Query:
    """One SELECT of the contract, named after its file."""

    name: str
    sql: str
    entity: str

    @classmethod
    def parse(cls, name: str, sql: str, entity: str) -> "Query":
        """Take exactly one SELECT."""
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise QueryRefused(f"{name} must hold one SELECT and nothing else")
        return cls(name, sql, entity)

    def columns(self, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """The names and DuckDB types of what the query gives; the entity must be among them."""
        described = connection.execute(f"DESCRIBE {self.sql}").fetchall()
        columns = {row[0]: row[1] for row in described}
        if len(columns) < len(described):
            raise QueryRefused(f"{self.name} gives two columns of one name: {', '.join(row[0] for row in described)}")
        if self.entity not in columns:
            raise QueryRefused(f"{self.name} gives no column {self.entity!r}, only {', '.join(columns)}")
        if columns[self.entity] not in ENTITY_TYPES:
            raise QueryRefused(f"{self.name}: the entity must be text or a whole number, not {columns[self.entity]}")
        return columns

    def into(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """Add all that the query gives to a table."""
        try:
            connection.execute(f"INSERT INTO {table} BY NAME {self.sql}")
        except CAUSED_BY_VALUES as error:
            raise QueryFailed(self.name, error) from error

    def features(self, connection: duckdb.DuckDBPyConnection, target: str) -> tuple[Feature, ...]:
        """What the model will take, in the order of the query's columns."""
        columns = self.columns(connection)
        if target in columns:
            raise QueryRefused(f"{self.name} gives a column {target!r}, which is the target: name it otherwise")
        return tuple(self._feature(name, type) for name, type in columns.items() if name != self.entity)

    def _feature(self, name: str, type: str) -> Feature:
        if type in WHOLE_TYPES:
            return Feature(name, "integer")
        if type in {"FLOAT", "DOUBLE"} or type.startswith("DECIMAL"):
            return Feature(name, "number")
        if type == "VARCHAR":
            return Feature(name, "category")
        raise QueryRefused(f"{self.name}: column {name!r} is a {type}; a feature is a number, a whole number or text")


def same_sql(sql: str) -> str:
    """SQL without comments and with blanks for all other white space: two of one meaning are equal."""
    return QUOTED_OR_BLANK.sub(lambda found: found["quoted"] or " ", sql).rstrip("; ").lstrip()


def set_days(connection: duckdb.DuckDBPyConnection, **days: date) -> None:
    """Set the variables that the contract's SQL may read."""
    for name, day in days.items():
        connection.execute(f"SET VARIABLE {name} = DATE '{day.isoformat()}'")
