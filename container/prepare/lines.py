"""A dropped file, line by line: strict UTF-8 CSV in; clean, numbered records out."""

import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from container.prepare.header import FileRefused, header_names

MAGICS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SPECIAL = re.compile('["\\0\\r]')  # what makes a line more than values between commas
LONGEST_LINE = 1_000_000  # bytes, also of a record over several lines
MOST_BYTES = 20_000_000_000  # of a file once unpacked: a small archive can hold more than any disk
MOST_LINES_IN_RECORD = 20
REMEDY = "save it as CSV in UTF-8"

Malformed = Callable[[int, str, str, str], None]  # line, value, rule, reason
Numbered = tuple[int, str]


def open_records(path: Path) -> "io.BufferedReader[Any]":
    """Open a plain or gzipped CSV file; what is no text is refused by name."""
    with path.open("rb") as plain:
        zipped = plain.read(len(GZIP)) == GZIP
    stream = io.BufferedReader(gzip.GzipFile(path), 1 << 20) if zipped else path.open("rb")
    try:
        start = stream.peek(4)[:4]
    except (EOFError, OSError, zlib.error) as error:
        raise FileRefused("not_a_csv", f"the gzip archive is damaged ({error}): upload it again") from None
    for magic, called in MAGICS.items():
        if start.startswith(magic):
            raise FileRefused("not_a_csv", f"this is {called}, not a CSV file: {REMEDY}")
    return stream


def read_header(lines: Iterator[Numbered]) -> list[str]:
    """The column names of the file."""
    _, line = next(lines, (1, ""))
    if not line.strip():
        raise FileRefused("empty_file", "the file is empty: it needs a header line and rows")
    return header_names(line)


def numbered_lines(stream: IO[bytes], most_bytes: int = MOST_BYTES) -> Iterator[Numbered]:
    """Each line with its number, without its line end; text that is not UTF-8 is refused by line."""
    number, size = 1, 0
    try:
        for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE + 1), b""), start=1):
            size += len(line)
            if len(line) > LONGEST_LINE:
                reason = f"the line is longer than {LONGEST_LINE:,} bytes: end each row with a line feed"
                raise FileRefused("line_too_long", reason, number)
            if size > most_bytes:
                reason = f"the file holds more than {most_bytes:,} bytes: split it into several"
                raise FileRefused("file_too_large", reason, number)
            yield number, (line if number > 1 else line.removeprefix(BYTE_ORDER_MARK)).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        shown = error.object[max(0, error.start - 20) : error.start + 20].decode("latin-1").strip()
        reason = f"byte 0x{error.object[error.start]:02x} is not UTF-8: {REMEDY}"
        raise FileRefused("encoding", reason, number, value=shown) from None
    except (EOFError, OSError, zlib.error) as error:
        raise FileRefused("not_a_csv", f"the gzip archive is damaged ({error}): upload it again", number) from None


def write_clean(lines: Iterator[Numbered], width: int, target: IO[str], malformed: Malformed) -> tuple[int, int]:
    """Write well-formed records with their line number first; give the numbers of records written and set aside."""
    written = set_aside = 0
    commas = width - 1
    quoted = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for number, line in lines:
        if line.count(",") == commas and line and not SPECIAL.search(line):
            target.write(f"{number},{line}\n")
            written += 1
            continue
        pending = deque([(number, line)])
        while pending:
            start, text = pending.popleft()
            if not text.strip():
                continue
            record, fault = _record(text, lines, pending, width)
            if fault:
                malformed(start, text, *fault)
                set_aside += 1
            else:
                quoted.writerow((start, *record))
                written += 1
    return written, set_aside


def _record(
    line: str, lines: Iterator[Numbered], ahead: deque[Numbered], width: int
) -> tuple[list[str], tuple[str, str] | None]:
    """The fields of a record that may run over several lines, or the rule it breaks and why."""
    if "\0" in line:
        return [], ("binary", "the line holds a NUL character: this is not text")
    if "\r" in line and '"' not in line:
        return [], ("line_end", "the line holds a carriage return outside quotes: end lines with one line feed")
    fields = _fields(line)
    if fields is None:
        return _continued(line, lines, ahead, width)
    if len(fields) != width:
        kind = "few" if len(fields) < width else "many"
        reason = f"{len(fields)} fields where the header has {width}: quote values that hold commas"
        return [], (f"too_{kind}_fields", reason)
    return fields, None


def _continued(
    line: str, lines: Iterator[Numbered], ahead: deque[Numbered], width: int
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
            fields = _fields(text)
            if fields is not None and len(fields) == width and "\0" not in text:
                return fields, None
    ahead.extendleft(reversed(taken))
    if size > LONGEST_LINE:
        return [], ("line_too_long", f"a quote is opened and not closed within {LONGEST_LINE:,} bytes")
    return [], ("unbalanced_quote", "a quote is opened and not closed as CSV asks: double it inside a value")


def _fields(text: str) -> list[str] | None:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
