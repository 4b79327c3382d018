"""Functions that may give another value tomorrow, or in another session, for the same row."""

from collections.abc import Collection, Iterator
from typing import Any

import duckdb

# DuckDB calls these constant, or gives no stability since they are macros.
OF_THE_SESSION = frozenset(
    {
        "ago", "current_catalog", "current_localtime", "current_localtimestamp", "current_role", "current_setting",
        "current_user", "format_type", "get_block_size", "getenv", "getvariable", "pg_conf_load_time",
        "pg_get_constraintdef", "pg_get_viewdef", "pg_postmaster_start_time", "pg_sleep", "session_user", "user",
        "version",
    }
)  # fmt: skip
KEYWORDS = frozenset(["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"])


def changing(connection: duckdb.DuckDBPyConnection, tree: Any, columns: Collection[str]) -> str | None:
    """The first function of a parsed expression that may change, by name; None without one."""
    unstable = _unstable(connection) | OF_THE_SESSION
    declared = {name.casefold() for name in columns}
    for node in tree_nodes(tree):
        name = str(node.get("function_name") or "").casefold()
        if name in unstable or (name == "age" and len(node.get("children", ())) == 1):  # until today
            return f"{name}()"
        words = [str(word).casefold() for word in node.get("column_names") or ()]
        if len(words) == 1 and words[0] in unstable | KEYWORDS and words[0] not in declared:
            return words[0]  # without brackets, such a word is a function where no column has the name
    return None


def tree_nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a parsed statement."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from tree_nodes(child)


def _unstable(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    return {row[0] for row in connection.execute(query).fetchall()}
