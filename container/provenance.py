"""Columns that say where a row comes from; they travel with rows that a run has collected by itself."""

from collections.abc import Iterable

from container.prepare.engine import quoted, text

# A header is one line, so no dropped file can have a column with a line feed.
SOURCES_NAME, OBSERVED_NAME = "\n\nsources", "\n\nobserved at"
SOURCES = quoted(SOURCES_NAME)  # lines: the inference logs it was told by, and the run that collected it first
OBSERVED = quoted(OBSERVED_NAME)  # when the item was predicted
NAMES = (SOURCES_NAME, OBSERVED_NAME)
LINE_FEED = "chr(10)"


def joined(*sources: str) -> str:
    """SQL for the sources of a row, as SQL for each; NULL is none."""
    return f"concat_ws({LINE_FEED}, {', '.join(sources)})"


def told_by(sources: Iterable[str]) -> str:
    """SQL: whether a row comes from one of these sources."""
    return f"list_has_any(string_split({SOURCES}, {LINE_FEED}), [{', '.join(map(text, sources))}])"
