"""A dropped text file as plain UTF-8 on disk: unpacked, decoded, and looked through once."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from container.prepare.header import FileRefused, delimiter_of
from container.prepare.scan import Scan, scan
from evergreen.columns import Input

GZIP = b"\x1f\x8b"
MAGICS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    GZIP: "a gzip archive within another",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
REMEDY = "save it as CSV in UTF-8"
STATE_IT = "save the file as CSV in UTF-8, or state input.encoding"
CHUNK = 1 << 20
UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True)
class PlainText:
    """A file in UTF-8, what a look through it has shown, and what was done to get there."""

    path: Path
    seen: Scan
    notes: tuple[str, ...] = ()


def plain_text(path: Path, scratch: Path, given: Input) -> PlainText:
    """Unpack and decode a dropped file where needed; what is no text is refused by name."""

    def delimiter(line: str) -> str:
        return given.delimiter or delimiter_of(line.removeprefix("\ufeff"), given.columns)

    with path.open("rb") as stream:
        zipped = stream.read(len(GZIP)) == GZIP
    start = _start(path, zipped)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, most_bytes = given.encoding or ("utf-16" if marked else None), given.max_bytes
    notes = ["read as utf-16"] if marked and not given.encoding else []
    plain = path
    if zipped or encoding not in (None, "utf-8"):
        plain = scratch / "plain.csv"
        _write(plain, _decoded(_chunks(path, zipped, most_bytes), encoding or "utf-8"))
    elif path.stat().st_size > most_bytes:
        raise _too_large(most_bytes)
    seen = scan(plain, delimiter)
    if seen.not_utf_8:
        if encoding is not None or not _surely_cp1252(plain):
            raise _not_utf_8(seen)
        plain, source = scratch / "decoded.csv", plain
        _write(plain, _decoded(_chunks(source, False, most_bytes), "cp1252"))
        seen = scan(plain, delimiter)
        notes.append("not UTF-8: read as cp1252 (Windows Western), for every byte fits; state input.encoding")
    if seen.ends_with_returns:
        plain, source = scratch / "lines.csv", plain
        _write(plain, (chunk.replace(b"\r", b"\n") for chunk in _chunks(source, False, most_bytes)))
        seen = scan(plain, delimiter)
        notes.append("lines end with carriage returns alone")
    if seen.long_line:
        reason = "the line is longer than 1,000,000 bytes: end each row with a line feed"
        raise FileRefused("line_too_long", reason, seen.long_line)
    return PlainText(plain, seen, tuple(notes))


def _start(path: Path, zipped: bool) -> bytes:
    start = next(_chunks(path, zipped, CHUNK * 2), b"")
    for magic, called in MAGICS.items():
        if start.startswith(magic):
            raise FileRefused("not_a_csv", f"this is {called}, not a CSV file: {REMEDY}")
    return start


def _open(path: Path, zipped: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(path)) if zipped else path.open("rb")


def _chunks(path: Path, zipped: bool, most_bytes: int) -> Iterator[bytes]:
    size = 0
    try:
        with _open(path, zipped) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > most_bytes:
                    raise _too_large(most_bytes)
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileRefused("not_a_csv", f"the gzip archive is damaged ({error}): upload it again") from None


def _decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "utf-8":
        yield from chunks
        return
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    for chunk in _with_end(chunks):
        try:
            decoded = decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            reason = f"the bytes are not {encoding} ({error}): correct input.encoding, or {REMEDY}"
            raise FileRefused("encoding", reason, line) from None
        line += decoded.count("\n")
        yield decoded.encode("utf-8", "surrogatepass")


def _with_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    with path.open("wb") as target:
        for chunk in chunks:
            target.write(chunk)


def _surely_cp1252(path: Path) -> bool:
    """Whether no sequence of UTF-8 occurs and no byte is undefined: mixed text would be misread in part."""
    before = b""
    for chunk in _chunks(path, False, path.stat().st_size):
        if UNDEFINED_IN_CP1252.search(chunk) or UTF_8_SEQUENCE.search(before + chunk) or b"\0" in chunk:
            return False
        before = chunk[-3:]
    return True


def _too_large(most_bytes: int) -> FileRefused:
    reason = f"the file holds more than {most_bytes:,} bytes: split it into several, or raise input.max_bytes"
    return FileRefused("file_too_large", reason)


def _not_utf_8(seen: Scan) -> FileRefused:
    line, byte, shown = seen.not_utf_8 or (1, 0, "")
    return FileRefused("encoding", f"byte 0x{byte:02x} is not UTF-8: {STATE_IT}", line, value=shown)
