"""A dropped file, line by line, where it is not plain: clean, numbered records out."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from container.prepare.header import DELIMITERS, FileRefused
from container.prepare.scan import LONGEST_LINE

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
csv.field_size_limit(LONGEST_LINE)  # a value may be as long as a line
SPECIAL = re.compile('["\\0\\r]')  # what makes a line more than values between delimiters
MOST_LINES_IN_RECORD = 20

Malformed = Callable[[int, str, str, str], None]  # line, value, rule, reason
Numbered = tuple[int, str]


def header_line(path: Path) -> str:
    """The first line of a file."""
    with path.open("rb") as stream:
        _, line = next(numbered_lines(stream), (1, ""))
    if not line.strip():
        raise FileRefused("empty_file", "the file is empty: it needs a header line and rows")
    return line


def numbered_lines(stream: IO[bytes]) -> Iterator[Numbered]:
    """Each line with its number, without its line end."""
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            reason = f"the line is longer than {LONGEST_LINE:,} bytes: end each row with a line feed"
            raise FileRefused("line_too_long", reason, number)
        yield number, (line if number > 1 else line.removeprefix(BYTE_ORDER_MARK)).decode().rstrip("\r\n")


class Records:
    """Writes well-formed records behind their line and row numbers, and sets the others aside."""

    def __init__(self, width: int, delimiter: str, target: IO[str], malformed: Malformed) -> None:
        self.width, self.delimiter, self.target, self.malformed = width, delimiter, target, malformed
        self.quoted = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL, delimiter=delimiter)
        self.written = self.set_aside = 0

    def write(self, lines: Iterator[Numbered]) -> None:
        """Take all lines behind the header."""
        delimiter, between, target = self.delimiter, self.width - 1, self.target
        for number, line in lines:
            if line.count(delimiter) == between and line and not SPECIAL.search(line):
                self.written += 1
                target.write(f"{number}{delimiter}{self.written + self.set_aside}{delimiter}{line}\n")
            else:
                self._write_special(number, line, lines)

    def _write_special(self, number: int, line: str, lines: Iterator[Numbered]) -> None:
        pending = deque([(number, line)])
        while pending:
            start, text = pending.popleft()
            if not text.strip("\r\n " if self.delimiter == "\t" else None):
                continue
            record, fault = self._record(text, lines, pending)
            if fault:
                self.malformed(start, text, *fault)
                self.set_aside += 1
            else:
                self.written += 1
                self.quoted.writerow((start, self.written + self.set_aside, *record))

    def _record(
        self, line: str, lines: Iterator[Numbered], ahead: deque[Numbered]
    ) -> tuple[list[str], tuple[str, str] | None]:
        """The fields of a record that may run over several lines, or the rule it breaks and why."""
        if "\0" in line:
            return [], ("binary", "the line holds a NUL character: this is not text")
        if "\r" in line and '"' not in line:
            return [], ("line_end", "the line holds a carriage return outside quotes: end lines with one line feed")
        fields = self._fields(line)
        if fields is None:
            return self._continued(line, lines, ahead)
        if len(fields) != self.width:
            kind = "few" if len(fields) < self.width else "many"
            counts = f"{len(fields)} fields where the header has {self.width}"
            reason = f"{counts}: quote values that hold {DELIMITERS[self.delimiter]}"
            return [], (f"too_{kind}_fields", reason)
        return fields, None

    def _continued(
        self, line: str, lines: Iterator[Numbered], ahead: deque[Numbered]
    ) -> tuple[list[str], tuple[str, str] | None]:
        """A quoted value may hold line ends; a stray quote sets aside its own line only, never those after it."""
        taken: list[Numbered] = []
        text, size = line, len(line.encode())
        while len(taken) < MOST_LINES_IN_RECORD - 1 and size <= LONGEST_LINE:
            following = ahead.popleft() if ahead else next(lines, None)
            if following is None:
                break
            taken.append(following)
            text += "\n" + following[1]
            size += 1 + len(following[1].encode())
            if '"' in following[1] and size <= LONGEST_LINE:
                fields = self._fields(text)
                if fields is not None and len(fields) == self.width and "\0" not in text:
                    return fields, None
        ahead.extendleft(reversed(taken))
        if size > LONGEST_LINE:
            return [], ("line_too_long", f"a quote is opened and not closed within {LONGEST_LINE:,} bytes")
        return [], ("unbalanced_quote", "a quote is opened and not closed as CSV asks: double it inside a value")

    def _fields(self, text: str) -> list[str] | None:
        try:
            rows = list(csv.reader([text], strict=True, delimiter=self.delimiter))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 else None
