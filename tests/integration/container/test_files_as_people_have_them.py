"""Encodings, delimiters, line ends, archives and Parquet."""

import gzip
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from container.prepare.intake import Intake
from tests.integration.container.taking import Taken, table, take

COLUMNS = {"name": "text", "day": "timestamp", "y": "number"}
TEXT = "name,day,y\nZoë,2020-12-31,1\n,2020-12-31,2.5\nBob,2020-12-31,x\n"
ROWS = ["Zoë", None]


def names(taken: Taken) -> list[str | None]:
    assert [rule[0] for rule in taken.rules if rule[2] == "type"] == ["4"]
    return [row[0] for row in taken.accepted]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_same_rows_come_of_every_form_of_text(delimiter: str, line_end: str, encoding: str) -> None:
    body = TEXT.replace(",", delimiter).replace("\n", line_end).encode(encoding)
    for content in (body, gzip.compress(body)):
        assert names(take(content, table(COLUMNS))) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1", "utf-8"])
def test_a_stated_encoding_is_used_without_a_note(encoding: str) -> None:
    taken = take(TEXT.encode(encoding), table(COLUMNS, encoding=encoding))
    assert names(taken) == ROWS
    assert not any("cp1252" in note for note in taken.report.notes)


def test_an_encoding_that_is_guessed_is_noted() -> None:
    assert "read as cp1252" in take(TEXT.encode("cp1252"), table(COLUMNS)).report.notes[0]


@pytest.mark.parametrize("other", ["ë".encode(), b"\x81"])
def test_text_of_two_encodings_is_refused_by_line(other: bytes) -> None:
    body = b"name,day,y\n" + other + b",2020-12-31,1\nZo\xeb,2020-12-31,1\n"
    taken = take(body, table(COLUMNS))
    assert (taken.rejected[-1]["rule"], taken.rejected[-1]["line"]) == ("encoding", "2" if other == b"\x81" else "3")
    assert "state input.encoding" in taken.rejected[-1]["reason"]


def test_a_wrong_stated_encoding_is_refused() -> None:
    assert take(TEXT.encode("cp1252"), table(COLUMNS, encoding="utf-8")).rejected[-1]["rule"] == "encoding"
    assert take(b"name,day,y\nZo\x81,2020-12-31,1\n", table(COLUMNS, encoding="cp1252")).report.refused


def test_columns_in_another_order_with_aliases_and_more_of_them_are_the_same_data() -> None:
    columns = COLUMNS | {"name": {"type": "text", "aliases": ["Customer Name"]}}
    taken = take("y,x,Customer Name,x,day\n1,,Zoë,,2020-12-31\n", table(columns))
    assert taken.accepted[0][0] == "Zoë"
    assert taken.report.notes == ("columns that the contract does not name are ignored: x, x",)


def test_the_target_may_be_absent_from_a_table() -> None:
    taken = take("name,day\nZoë,2020-12-31\n", table(COLUMNS))
    assert taken.accepted[0][2] is None
    assert "count as empty" in taken.report.notes[0]


def parquet(folder: Path, select: str) -> Path:
    path = folder / "dropped.parquet"
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_a_parquet_file_is_held_to_the_same_checks_by_row_number(tmp_path: Path) -> None:
    day = {"type": "timestamp", "formats": ["%d/%m/%Y"]}
    rows = "(VALUES (17850.0, 'a', DATE '2020-12-31', 1), (1.5, '', NULL, 2), (NULL, 'c', DATE '2020-12-31', NULL))"
    path = parquet(tmp_path, f"FROM {rows} AS t(id, name, day, y)")
    contract = table({"id": "integer", "name": "text", "day": day, "y": "number"}, decimal=",")
    taken = take(path, contract)
    assert [row[:2] + row[3:] for row in taken.accepted] == [(17850, "a", 1.0, 1), (None, "c", None, 3)]
    assert taken.rules == [("2", "id", "type")]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    whole = parquet(tmp_path, "SELECT range::VARCHAR AS name, NULL AS day, range AS y FROM range(9999)").read_bytes()
    for damaged in (whole[:-50], whole[:4], whole[:100] + b"\0" * 5000 + whole[5100:]):
        assert take(damaged, table(COLUMNS)).rejected[-1]["rule"] == "damaged_parquet"


CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "17850.0", "5.7", "2020-12-31", "31/12/2020", "NA", '""', '"a"', ' "a"', '"a" ', '"a""b"']
    ),
    st.sampled_from(['12" R', '"a\nb"', '"a,b"', '"a\rb"', " 7 ", '"', '"" ""', "é", "'", "\\", "#"]),
    st.text(alphabet='",; \n\r\ta1', max_size=4),
)
FILES = st.tuples(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.sampled_from(["\n", "\r\n"]))


@given(FILES)
@settings(max_examples=150, deadline=None)
def test_what_duckdb_reads_by_itself_is_what_is_read_line_by_line(drawn: tuple[list[list[str]], str]) -> None:
    rows, line_end = drawn
    body = "".join(",".join(row) + line_end for row in [["name", "day", "y"], *rows])
    contract = table(COLUMNS)
    quick = take(body, contract)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Intake, "_directly", lambda *_: None)
        careful = take(body, contract)
    assert quick == careful


def test_a_plain_file_is_read_by_duckdb_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Intake, "_line_by_line", None)
    for body in (TEXT, TEXT.replace("\n", "\r\n"), TEXT + "\n\n", TEXT.rstrip(), TEXT.replace("Bob", '"B, ""o"", b"')):
        assert names(take(body, table(COLUMNS))) == ROWS
