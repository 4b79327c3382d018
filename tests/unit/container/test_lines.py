import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.prepare.header import FileRefused
from container.prepare.lines import Records, numbered_lines
from container.prepare.scan import LONGEST_LINE


def clean(text: str | bytes, width: int = 3) -> tuple[list[list[str]], list[tuple[int, str]]]:
    stream = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    target, faults = io.StringIO(newline=""), list[tuple[int, str]]()

    def malformed(line: int, _value: str, rule: str, _reason: str) -> None:
        faults.append((line, rule))

    written = Records(width, ",", target, malformed)
    written.write(numbered_lines(stream))
    records = list(csv.reader(io.StringIO(target.getvalue(), newline=""), strict=True))
    assert (written.written, written.set_aside) == (len(records), len(faults))
    assert len({record[1] for record in records}) == len(records), "each row has a number of its own"
    return [[record[0], *record[2:]] for record in records], faults


def test_each_record_carries_its_line_number() -> None:
    assert clean("a,b,c\n1,2,3\n") == ([["1", "a", "b", "c"], ["2", "1", "2", "3"]], [])


def test_blank_lines_and_windows_line_ends_are_no_records() -> None:
    assert clean("a,b,c\r\n\r\n1,2,3") == ([["1", "a", "b", "c"], ["3", "1", "2", "3"]], [])


def test_a_byte_order_mark_is_not_part_of_the_first_value() -> None:
    assert clean(b"\xef\xbb\xbfa,b,c\n")[0] == [["1", "a", "b", "c"]]


def test_too_many_and_too_few_fields_are_set_aside_by_line() -> None:
    records, faults = clean("a,b,c\n1,2\n1,2,3,4\nx,y,z\n")
    assert [record[0] for record in records] == ["1", "4"]
    assert faults == [(2, "too_few_fields"), (3, "too_many_fields")]


def test_quoted_commas_quotes_and_line_ends_are_values() -> None:
    records, faults = clean('"a,1","say ""hi""","two\nlines"\nx,y,z\n')
    assert records == [["1", "a,1", 'say "hi"', "two\nlines"], ["3", "x", "y", "z"]]
    assert not faults


def test_a_quote_inside_an_unquoted_value_is_a_value() -> None:
    assert clean('a,12" RULER,c\n') == ([["1", "a", '12" RULER', "c"]], [])


def test_a_stray_quote_sets_aside_its_own_line_only() -> None:
    records, faults = clean('a,"b,c\n1,2,3\n4,5,6\n7,"8",9\n')
    assert [record[0] for record in records] == ["2", "3", "4"]
    assert faults == [(1, "unbalanced_quote")]


def test_text_after_a_closing_quote_is_set_aside() -> None:
    assert clean('a,"b"x,c\nx,y,z\n')[1] == [(1, "unbalanced_quote")]


def test_a_carriage_return_outside_quotes_is_set_aside() -> None:
    assert clean("a,b\rx,c\nd,e,f\n")[1] == [(1, "line_end")]


def test_a_nul_character_is_set_aside() -> None:
    assert clean("a,b,c\nd,\0,f\n")[1] == [(2, "binary")]


def test_rows_are_numbered_with_the_malformed_ones_counted() -> None:
    target = io.StringIO(newline="")
    records = Records(2, ";", target, lambda *_: None)
    records.write(numbered_lines(io.BytesIO(b"a;b\n\n1;2;3\nx;y\n")))
    assert target.getvalue() == "1;1;a;b\n4;3;x;y\n"


def test_a_line_over_the_limit_refuses_the_file_before_it_is_read_whole() -> None:
    stream = io.BytesIO(b"a,b,c\n" + b"x" * 5 * LONGEST_LINE)
    with pytest.raises(FileRefused, match="longer than 1,000,000 bytes") as refusal:
        list(numbered_lines(stream))
    assert (refusal.value.rule, refusal.value.line) == ("line_too_long", 2)
    assert stream.tell() < 2 * LONGEST_LINE


@pytest.mark.parametrize("character", ["x", "€"])
def test_a_record_over_several_lines_has_the_limit_of_one_line(character: str) -> None:
    value = f'"{character * 100_000}\nz"'
    short, long = (",".join([value] * fields + ["b"] * (13 - fields)) for fields in (2, 12))
    records, faults = clean(f"{short}\n{long}\n{','.join('abcdefghijklm')}\n", width=13)
    assert [record[0] for record in records] == ["1", "17"]
    assert faults[0] == (4, "line_too_long")


@given(st.lists(st.lists(st.text(alphabet='ab,"\n\r ', max_size=6), min_size=2, max_size=2), max_size=8))
def test_whatever_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    records, faults = clean(text.getvalue(), width=2)
    assert not faults
    assert [record[1:] for record in records] == [[_unix(value) for value in row] for row in rows]


def _unix(value: str) -> str:
    return re.sub("\r+\n", "\n", value)  # lines end with one line feed, within values too
