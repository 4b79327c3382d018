"""A file of unknown making as plain UTF-8 CSV: its encoding, its delimiter and its header."""

import codecs
import csv
import gzip
import io
import shutil
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import duckdb

from container.prepare.engine import text
from container.prepare.scan import LONGEST_LINE
from evergreen.column_names import MOST_COLUMNS, name_fault

DELIMITERS = (",", ";", "\t", "|")
MAGICS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
}
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
SAMPLE_LINES = 50
csv.field_size_limit(LONGEST_LINE)  # a value may be as long as a line


class NotReadable(ValueError):
    """The file is no CSV; says what it is and what would be right."""


@dataclass(frozen=True)
class PlainFile:
    """The same file in UTF-8 with line feeds; header names are without blanks around them."""

    path: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]


def read_plain(path: Path, scratch: Path) -> PlainFile:
    """Unpack and decode a file into the scratch folder. Raises NotReadable."""
    plain = scratch / "plain.csv"
    try:
        path = _as_csv(path, scratch)
        with _opened(path) as stream:
            encoding = _encoding(stream)
        with (
            _opened(path) as stream,
            io.TextIOWrapper(stream, encoding="utf-8-sig" if encoding == "utf-8" else encoding) as decoded,
            plain.open("w", encoding="utf-8", newline="\n") as target,
        ):
            shutil.copyfileobj(decoded, target, 1 << 20)
    except (EOFError, OSError, zlib.error, UnicodeDecodeError, duckdb.Error) as error:
        raise NotReadable(f"{path}: cannot be read: {error}") from error
    with plain.open(encoding="utf-8", newline="") as written:
        lines = list(islice(written, SAMPLE_LINES))
    if not lines or not lines[0].strip():
        raise NotReadable(f"{path}: the file is empty: it needs a header line and rows")
    try:
        delimiter = _delimiter(lines)
        names = tuple(name.strip() for name in next(csv.reader(lines, delimiter=delimiter)))
    except csv.Error as error:
        raise NotReadable(f"{path}: the first lines are not valid CSV: {error}") from error
    _refuse_unusable(path, names)
    return PlainFile(plain, encoding, delimiter, names)


def _refuse_unusable(path: Path, names: tuple[str, ...]) -> None:
    """A header from which no contract can be made."""
    if len(names) > MOST_COLUMNS:
        raise NotReadable(
            f"{path}: the file has {len(names):,} columns, and a contract takes at most {MOST_COLUMNS:,}: run init on "
            "a copy with those that matter; later files may have all, for columns without a declaration are ignored"
        )
    for name in filter(None, names):
        if fault := name_fault(name):
            raise NotReadable(f"{path}: the header's column {name!r} {fault}")


def _as_csv(path: Path, scratch: Path) -> Path:
    """Parquet is a way to drop files, too; its values are surveyed as text like all others."""
    with path.open("rb") as stream:
        if stream.read(len(PARQUET)) != PARQUET:
            return path
    unpacked = scratch / "unpacked.csv"
    duckdb.execute(f"COPY (FROM read_parquet({text(path)})) TO {text(unpacked)} (FORMAT csv, HEADER)")
    return unpacked


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as plain:
        start = plain.read(4)
    for magic, called in MAGICS.items():
        if start.startswith(magic):
            raise NotReadable(f"{path}: this is {called}, not a CSV file: save it as CSV in UTF-8")
    return gzip.open(path) if start.startswith(GZIP) else path.open("rb")  # type: ignore[return-value]


def _encoding(stream: IO[bytes]) -> str:
    """UTF-8 unless the bytes cannot be; then UTF-16 by its mark, else Windows' Western European."""
    start = stream.read(1 << 16)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        stream.seek(0)
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _delimiter(lines: list[str]) -> str:
    """The one that gives the most lines the header's number of fields, and more than one field."""
    header = lines[0]

    def fit(delimiter: str) -> tuple[int, int]:
        records = csv.reader(lines, delimiter=delimiter)
        width = len(next(csv.reader([header], delimiter=delimiter)))
        widths = Counter(len(record) for record in records)
        return (widths[width] if width > 1 else 0, width)

    return max(DELIMITERS, key=fit)
