"""Large JSON bodies in pieces of some hundred rows: no parser lets go of the interpreter before it is through.

A piece begins where a row begins and ends where a row seems to end. It is one only if it parses, and then its end is
right, for what JSON means up to a place does not depend on what comes after it.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from container.serve.cells import BadRequest

PIECE = 2**18  # bytes; parsed in some milliseconds, after which /ping may be answered
LONGEST_ROW = 2**19
MOST_BESIDE = 2**23  # bytes of what is not rows, as an index in pandas' split form
MOST_LISTS = 10_000  # in it
MOST_LOOKS = 8  # for where rows begin or end
FORMS = '{"instances": [[…] or {…}, …]}, {"dataframe_split": {"columns": […], "data": [[…], …]}}'

_ROWS = re.compile(rb'"(instances|data)"\s*:\s*\[')
_ROW_ENDS = re.compile(rb"[\]}]\s*,")
_KEEP = "surrogateescape"  # of bytes that are no text
_MARK = "the rows are here"
_CLOSED = (f'"{_MARK}"]}}'.encode(), f'"{_MARK}"]}}}}'.encode())


def parsed(text: bytes, what: str) -> Any:
    """The document that a text is; raises BadRequest."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {error}{_hint(text)}. It must be of the form {FORMS}") from None


def rows_of(document: Any) -> tuple[Any, Any]:
    """The columns, None where rows are as they are, and the rows of a document; raises BadRequest."""
    if isinstance(document, dict):
        split = document.get("dataframe_split", document)
        if isinstance(split, dict) and {"columns", "data"} <= split.keys():
            return split["columns"], split["data"]
        if "instances" in document:
            return None, document["instances"]
    raise BadRequest(f"the body must be JSON of the form {FORMS}; it has neither instances nor columns and data")


def check_beside(text: bytes) -> None:
    """Raises BadRequest for a text that takes long to parse as a whole."""
    if len(text) > MOST_BESIDE or not _few_lists(text):
        most = f"{MOST_BESIDE >> 20} MB or {MOST_LISTS:,} lists and objects"
        raise BadRequest(f"the body has more than {most} beside its rows; leave out what is not in the form {FORMS}")


@dataclass
class LargeDocument:
    """A document whose rows are read in pieces, and the rest of it after them."""

    body: bytes
    first: int  # byte at which its rows begin
    split: bool  # whether they should have columns beside them
    end: int | None = None  # byte at which they end, once they have been read

    @classmethod
    def of(cls, body: bytes) -> "LargeDocument | None":
        """A body with its rows where the form has them; None where it has none there."""
        for found in islice(_ROWS.finditer(body, 0, MOST_BESIDE), MOST_LOOKS):
            head = body[: found.end()]
            if _few_lists(head) and any(_marked(head + closed) for closed in _CLOSED):
                return cls(body, found.end(), found[1] == b"data")
        return None

    def pieces(self) -> Iterator[list[Any]]:
        """Its rows, some at a time; raises BadRequest."""
        place, rows, ended = self.first, 0, False
        while not ended:
            piece, place, ended = self._piece(place, rows)
            if rows and not piece:
                raise BadRequest(f"the body is not JSON: a comma after row {rows}, its last")
            rows += len(piece)
            yield piece
        self.end = place

    def rest(self) -> Any:
        """The document with no rows in their place; raises BadRequest."""
        if self.end is None:
            for _ in self.pieces():
                pass
        text = self.body[: self.first] + self.body[self.end :]
        check_beside(text)
        return parsed(text, "the body")

    def _piece(self, place: int, rows: int) -> tuple[list[Any], int, bool]:
        """The next rows, where those after them begin or all end, and whether they do."""
        for size in (PIECE, LONGEST_ROW):
            seems = _ROW_ENDS.finditer(self.body, place + size, place + 2 * LONGEST_ROW)
            for found in islice(seems, MOST_LOOKS):  # what looks like a row's end may stand in a text
                with suppress(orjson.JSONDecodeError):
                    return orjson.loads(b"[" + self.body[place : found.start() + 1] + b"]"), found.end(), False
        return self._last(place, rows)

    def _last(self, place: int, rows: int) -> tuple[list[Any], int, bool]:
        """The rows up to the end of their list, which is near: where a parser meets what it has no use for."""
        text = b"[" + self.body[place : self._between_characters(place + 2 * LONGEST_ROW)]
        size, told = len(text), ""
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            size = len(text.decode(errors=_KEEP)[: error.pos].rstrip().encode(errors=_KEEP))
            told = f"{error.msg} at byte {place - 1 + size}{_hint(text)}"
        try:
            return list(orjson.loads(text[:size])), place + size - 2, True
        except orjson.JSONDecodeError:
            longest = f"a row has more than {LONGEST_ROW >> 10} KB"
            reason = f"the body is not JSON after row {rows}, or {longest}: {told}"
            raise BadRequest(f"{reason}. It must be of the form {FORMS}") from None

    def _between_characters(self, place: int) -> int:
        while place < len(self.body) and self.body[place] & 0xC0 == 0x80:
            place -= 1
        return place


def lines(body: bytes) -> Iterator[list[Any]]:
    """The rows of a body that has one on each line, some at a time; raises BadRequest."""
    place, rows, end = 0, 0, len(body.rstrip(b"\r\n"))
    while place < end:
        last = end if end - place <= PIECE else body.rfind(b"\n", place, place + PIECE)
        if last < place:
            last = body.find(b"\n", place, min(end, place + LONGEST_ROW))
        if last < place:
            last = end
        if last - place > LONGEST_ROW:
            raise BadRequest(f"row {rows + 1} has more than {LONGEST_ROW >> 10} KB")
        piece = [parsed(line, f"row {rows + at}") for at, line in enumerate(body[place:last].split(b"\n"), start=1)]
        place, rows = last + 1, rows + len(piece)
        yield piece


def _hint(text: bytes) -> str:
    return "; NaN and Infinity are no JSON, send null if missing" if b"NaN" in text or b"Infinity" in text else ""


def _marked(text: bytes) -> bool:
    """Whether the mark stands where rows do."""
    try:
        document = orjson.loads(text)
        split = document.get("dataframe_split", document)
        return [_MARK] in (document.get("instances"), split.get("data"))
    except (orjson.JSONDecodeError, AttributeError):
        return False


def _few_lists(text: bytes) -> bool:
    return text.count(b"[") + text.count(b"{") <= MOST_LISTS
