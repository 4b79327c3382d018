"""One look through a file's bytes: is it UTF-8, and is it so plain that each record is one line?"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 18
MANY_QUOTES = 1_000  # in a chunk
LONGEST_LINE = 1_000_000  # bytes, also of a record over several lines


@dataclass
class Scan:
    """What the bytes of a file show."""

    delimiter: str = ","
    delimiters: int = 0  # outside quotes
    lines: int = 0  # blank ones at the end left out
    line_feeds: int = 0
    returns: int = 0
    before_line_feeds: int = 0  # of the returns
    well_formed: bool = True  # no NUL; quotes stand around whole values, none of which holds a line end
    not_utf_8: tuple[int, int, str] | None = None  # first line, byte and its surroundings
    long_line: int | None = None

    def is_plain(self, width: int) -> bool:
        """Whether the file is surely of `width` values a line, whoever reads it."""
        one_line_end = self.returns == self.before_line_feeds and self.returns in (0, self.line_feeds)
        # Fewer delimiters than these DuckDB refuses by itself; further ones it passes over where nothing follows them.
        return self.well_formed and one_line_end and self.delimiters == (width - 1) * self.lines

    @property
    def ends_with_returns(self) -> bool:
        """Whether lines end as on a Mac of long ago."""
        return bool(self.returns and not self.line_feeds)

    def add(self, chunk: bytes) -> None:
        """Look at whole lines."""
        line_feeds = chunk.count(b"\n")
        if b"\r" in chunk:
            self.returns += chunk.count(b"\r")
            self.before_line_feeds += chunk.count(b"\r\n")
        delimiter = self.delimiter.encode()
        self.delimiters += chunk.count(delimiter)
        if b'"' in chunk:
            self._look_at_quotes(chunk, delimiter)
        if b"\0" in chunk:
            self.well_formed = False
        if not chunk.isascii() and not self.not_utf_8:
            self._decode(chunk)
        self.line_feeds += line_feeds

    def _look_at_quotes(self, chunk: bytes, delimiter: bytes) -> None:
        pieces = chunk.split(b'"')
        pieces[0], pieces[-1] = b"\n" + pieces[0], pieces[-1] + b"\n"
        outside: Collection[bytes] = pieces[::2]  # an empty piece is a doubled quote within a value
        if len(outside) > MANY_QUOTES:  # where all values are quoted, the same few pieces stand between them
            outside = set(outside)
        inside = b"".join(pieces[1::2])
        beside = delimiter + b"\r\n"
        around = all(piece[0] in beside and piece[-1] in beside for piece in outside if piece)
        self.well_formed &= len(pieces) % 2 == 1 and around and b"\n" not in inside
        self.delimiters -= inside.count(delimiter)

    def _decode(self, chunk: bytes) -> None:
        try:
            chunk.decode()
        except UnicodeDecodeError as error:
            line = self.line_feeds + 1 + chunk.count(b"\n", 0, error.start)
            shown = chunk[max(0, error.start - 20) : error.start + 20].decode("latin-1").strip()
            self.not_utf_8 = (line, chunk[error.start], shown)


def scan(path: Path, delimiter_of: Callable[[str], str]) -> Scan:
    """Look through a file, in chunks of whole lines; stops at a line over the limit."""
    seen, last = Scan(), b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            rest = b"" if chunk.endswith(b"\n") else stream.readline(LONGEST_LINE + 1)
            chunk += rest
            if not last:
                seen.delimiter = delimiter_of(chunk.partition(b"\n")[0].decode(errors="replace"))
            seen.add(chunk)
            if len(rest) > LONGEST_LINE:
                seen.long_line = seen.line_feeds + 1
                seen.not_utf_8 = None  # the cut may lie within a character
                break
            last = chunk
    kept = last.rstrip(b"\r\n")
    seen.lines = seen.line_feeds - last.count(b"\n", len(kept)) + bool(kept)
    return seen
