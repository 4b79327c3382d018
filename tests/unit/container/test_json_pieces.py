"""Large JSON bodies are read in pieces, and mean what they mean as a whole."""

import json
import random
from typing import Any

import numpy as np
import pytest

from container.serve import decode_json, json_pieces
from container.serve.cells import BadRequest
from container.serve.decode_json import from_json, from_lines
from container.signature import OUTPUTS, Feature, Signature

AWKWARD = ("x", "],[", "é{", '"}, {', "\\", "日本")
FEATURES = (Feature("a", "number"), Feature("b", "integer"), Feature("c", "category", AWKWARD))
SIGNATURE = Signature("d", "regression", "id", FEATURES, "", "y", OUTPUTS["regression"], "random")
NAMES = [feature.name for feature in FEATURES]
RANDOM = random.Random(7)
ROWS = [
    [RANDOM.choice([1.5, None, -2e-5]), RANDOM.randint(-99, 99), RANDOM.choice([*AWKWARD, None])] for _ in range(400)
]
TURNED = {"columns": NAMES[::-1], "data": [row[::-1] for row in ROWS]}
DOCUMENTS: dict[str, Any] = {
    "rows": {"instances": ROWS},
    "objects": {"instances": [dict(zip(NAMES, row, strict=True)) for row in ROWS]},
    "dense rows, other keys": {"version": "data", "instances": [{"features": row} for row in ROWS], "more": [1, [2]]},
    "split": {"dataframe_split": {**TURNED, "index": list(range(400))}},
    "split, bare, an index before": {"index": list(range(400)), **TURNED},
    "split, columns last": dict(reversed(TURNED.items())),
}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (json_pieces, decode_json):
        monkeypatch.setattr(module, "PIECE", 500)
    monkeypatch.setattr(json_pieces, "LONGEST_ROW", 2_000)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : "), (",\n\t", ": ")], ids=["tight", "loose", "lines"])
@pytest.mark.parametrize("escaped", [True, False])
def test_every_form_reads_the_same_in_pieces(name: str, separators: tuple[str, str], escaped: bool) -> None:
    body = json.dumps(DOCUMENTS[name], separators=separators, ensure_ascii=escaped).encode()
    expected = decode_json._values(ROWS, 1, SIGNATURE, None)
    np.testing.assert_array_equal(from_json(body, SIGNATURE), expected)


def test_lines_read_the_same_in_pieces() -> None:
    body = b"\r\n".join(json.dumps(row).encode() for row in ROWS) + b"\n\n"
    np.testing.assert_array_equal(from_lines(body, SIGNATURE), decode_json._values(ROWS, 1, SIGNATURE, None))


WHOLE = json.dumps(DOCUMENTS["rows"]).encode()
ROW = b'[1, 2, "x"]'
FAULTS = {
    "cut short": (WHOLE[:-9], "not JSON after row .*unexpected end"),
    "not closed": (WHOLE[:-1], "not JSON"),
    "a comma after the last row": (WHOLE[:-2] + b",]}", "not JSON after row .*trailing comma"),
    "more after its end": (WHOLE + b"x", "unexpected content"),
    "one list too few": (WHOLE.replace(b"]]}", b"]}"), "not JSON after row"),
    "NaN": (WHOLE[:-2] + b', [NaN, 1, "x"]]}', "NaN and Infinity are no JSON"),
    "infinity": (WHOLE[:-2] + b', [1e999, 1, "x"]]}', "infinity when parsed"),
    "no UTF-8": (WHOLE[:-2] + b', [1, 1, "\xff"]]}', "not valid UTF-8"),
    "a value that does not fit": (WHOLE[:-2] + b', ["y", 1, "x"]]}', "row 401, column 'a': 'y' is not a number"),
    "a row too short": (WHOLE[:-2] + b", [1, 2]]}", "row 401 has 2 values"),
    "rows in two places": (WHOLE[:-1] + b', "instances": [' + ROW + b"]}", "rows in two places"),
    "a row too long": (b'{"instances": [[' + b"[],[]," * 2_000 + ROW + b"]]}", "or a row has more than"),
    "rows without columns": (json.dumps({"data": TURNED["data"]}).encode(), "neither instances nor columns"),
    "no rows anywhere": (b'{"x": [' + b"1," * 900 + b"1]}", "neither instances nor columns"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_document_is_told_with_where_it_is(fault: str) -> None:
    body, reason = FAULTS[fault]
    with pytest.raises(BadRequest, match=f"(?s){reason}"):
        from_json(body, SIGNATURE)


def test_many_lists_beside_the_rows_are_refused_without_parsing_them() -> None:
    with pytest.raises(BadRequest, match="beside its rows"):
        from_json(b'{"instances": [' + ROW + b'], "x": [' + b"[]," * 20_000 + b"1]}", SIGNATURE)
    with pytest.raises(BadRequest, match="beside its rows"):
        from_json(b'{"x": [' + b"[]," * 20_000 + b'1], "instances": [' + ROW + b"]}", SIGNATURE)


def test_a_line_beyond_the_longest_is_refused_by_its_row() -> None:
    with pytest.raises(BadRequest, match="row 3 has more than"):
        from_lines(ROW + b"\n" + ROW + b"\n[" + b"[]," * 2_000 + b"1]\n" + ROW, SIGNATURE)
