from pathlib import Path

import pytest

from container.prepare.scan import CHUNK, Scan, scan


def seen(folder: Path, body: bytes, delimiter: str = ",") -> Scan:
    (folder / "file").write_bytes(body)
    return scan(folder / "file", lambda _: delimiter)


@pytest.mark.parametrize(
    "body",
    [
        b"a,b\n1,2\n",
        b"a,b\n1,2",
        b"a,b\r\n1,2\r\n",
        b"a,b\n1,2\n\n\n",
        b'a,b\n"1,5","say ""x"""\n',
        b'"a","b"\n"",""\n',
        "a,b\n£,é\n".encode(),
        b"a,b\n" + b"1,2\n" * CHUNK,
    ],
)
def test_a_file_of_one_record_a_line_is_plain(body: bytes, tmp_path: Path) -> None:
    scanned = seen(tmp_path, body)
    assert scanned.is_plain(2)
    assert scanned.lines == len(body.strip().split(b"\n"))


@pytest.mark.parametrize(
    "body",
    [
        b"a,b\n1,2,\n",
        b"a,b\n1\n",
        b"a,b\r\n1,2\n",
        b"a,b\n1\r,2\n",
        b'a,b\n"1\n2",3\n',
        b'a,b\n1, "2"\n',
        b'a,b\n1,"2" \n',
        b'a,b\n1,2"\n',
        b'a,b\n1,2" x 3"\n',
        b"a,b\n1,\0\n",
    ],
)
def test_a_file_that_readers_may_take_in_different_ways_is_not_plain(body: bytes, tmp_path: Path) -> None:
    assert not seen(tmp_path, body).is_plain(2)


def test_a_delimiter_within_quotes_separates_nothing(tmp_path: Path) -> None:
    assert seen(tmp_path, b'a;b\n"1;2";3,4\n', ";").is_plain(2)


def test_the_first_byte_that_is_not_utf_8_is_known_by_its_line(tmp_path: Path) -> None:
    body = b"a,b\n" + b"1,2\n" * CHUNK + b"1,\xa35\n\xa3,2\n"
    assert (seen(tmp_path, body).not_utf_8 or ())[:2] == (CHUNK + 2, 0xA3)


def test_a_character_across_two_chunks_is_utf_8(tmp_path: Path) -> None:
    assert seen(tmp_path, b"a,b\n" + b"x" * (CHUNK - 5) + "€,1\n".encode()).not_utf_8 is None
