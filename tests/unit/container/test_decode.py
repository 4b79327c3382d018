import time

import numpy as np
import pytest

from container.serve.cells import order_of
from container.serve.decode import SMALL_BODY, BadRequest, from_csv
from container.serve.decode_json import from_json
from container.signature import OUTPUTS, Feature, Signature

FEATURES = (
    Feature("days", "integer"),
    Feature("amount", "number"),
    Feature("country", "category", ("France", "Spain")),
)
SIGNATURE = Signature(
    "next_purchase", "time_to_event", "CustomerID", FEATURES, "", "days", OUTPUTS["time_to_event"], "cutoffs"
)
LINE = b"3,1.25,Spain\n"
MANY = SMALL_BODY // len(LINE) + 1


def test_values_come_in_the_order_of_the_lines() -> None:
    assert from_csv(b"3,1.25,Spain\n4,2.5,France\n", SIGNATURE).tolist() == [[3, 1.25, 1], [4, 2.5, 0]]


def test_empty_values_and_unlisted_categories_are_missing() -> None:
    assert np.isnan(from_csv(b",,Malta", SIGNATURE)).all()
    assert np.isnan(from_json(b'{"instances": [[null, null, "Malta"]]}', SIGNATURE)).all()


def test_json_and_csv_of_the_same_rows_are_the_same() -> None:
    assert from_json(b'{"instances": [[3, 1.25, "Spain"]]}', SIGNATURE).tolist() == from_csv(LINE, SIGNATURE).tolist()


@pytest.mark.parametrize("line", [b"3,1.25,Spain\n", b",0.1,\n", b"7,1e-3,Malta\r\n", b"12,74215.123456789,France\n"])
def test_large_and_small_bodies_are_decoded_to_the_same_bits(line: bytes) -> None:
    large = from_csv(line * MANY, SIGNATURE)
    assert large.shape == (MANY, 3)
    np.testing.assert_array_equal(large, np.repeat(from_csv(line, SIGNATURE), MANY, axis=0))


@pytest.mark.parametrize("before", [0, MANY])
@pytest.mark.parametrize("bad", [b"three", b"nan", b"inf", b"1_0", b"1e999"])
def test_what_is_no_number_is_refused_by_row_and_column(bad: bytes, before: int) -> None:
    with pytest.raises(BadRequest, match=rf"row {before + 1}, column 'amount': '{bad.decode()}' is not a number"):
        from_csv(LINE * before + b"3," + bad + b",Spain\n", SIGNATURE)


@pytest.mark.parametrize("before", [0, MANY])
@pytest.mark.parametrize("bad", [b"3,1.25", b"17850,3,1.25,Spain", b""])
def test_another_number_of_columns_is_refused_by_row_with_the_columns_wanted(bad: bytes, before: int) -> None:
    with pytest.raises(BadRequest, match=rf"row {before + 1} has . values; the model takes 3.*days, amount, country"):
        from_csv(LINE * before + bad + b"\n" + LINE, SIGNATURE)


def test_a_large_body_that_begins_with_an_empty_line_is_refused() -> None:
    with pytest.raises(BadRequest, match="row 1 has 1 values"):
        from_csv(b"\n" + LINE * MANY, SIGNATURE)


@pytest.mark.parametrize("before", [0, MANY])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'3,1.25,"Sp\nain"\n', "its quotes do not end"),
        (b"3,1.25,Sp\rain\n", "carriage return"),
        (b"3,1,Spain\r3,2,", ""),
    ],
)
def test_a_line_break_within_a_row_is_refused_at_every_size(bad: bytes, reason: str, before: int) -> None:
    with pytest.raises(BadRequest, match=rf"row {before + 1} .*{reason}|row {before + 1}: .*{reason}"):
        from_csv(LINE * before + bad, SIGNATURE)


def test_two_carriage_returns_at_the_end_of_every_line_make_no_rows_of_their_own() -> None:
    assert from_csv(LINE.replace(b"\n", b"\r\r\n") * MANY, SIGNATURE).tolist() == [[3, 1.25, 1]] * MANY


def test_a_header_of_a_file_with_carriage_returns_alone_is_refused() -> None:
    with pytest.raises(BadRequest, match="header cannot be read"):
        from_csv(b"days,amount,country\r3,1.25,Spain\r", SIGNATURE)


def test_a_million_names_are_refused_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(BadRequest, match="unknown: 'x'; missing: 'days', 'amount', 'country'; given twice: 'x'"):
        order_of(["x"] * 1_000_000, SIGNATURE)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"instances": 1}', b'{"instances": [1]}'])
def test_json_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="instances"):
        from_json(body, SIGNATURE)
