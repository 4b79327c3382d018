"""The same rows in every content type, to a model with numbers, integers and categories."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost as xgb

from container.algorithms.xgboost.predictor import Booster
from container.golden_row import FILE
from container.model import Model, ModelUnusable
from container.serve.media import ARROW, CSV, DECODERS, ENCODERS, JSON, LINES, PARQUET
from container.serve.service import Reply
from container.signature import Feature, Signature
from tests.integration.container.answering import Asked, Sent, ask

Table = list[dict[str, Any]]
FEATURES = (
    Feature("days", "integer"),
    Feature("amount", "number"),
    Feature("country", "category", ("France", "Spain", "Île")),
)
NAMES = [feature.name for feature in FEATURES]
SIGNATURE = Signature("d", "binary", "id", FEATURES, "", "y", ("label", "probability"), "random", ("no", "yes"))
ROWS: Table = [
    {"days": 3, "amount": 1.25, "country": "Spain"},
    {"days": None, "amount": 74215.123456789, "country": "Île"},
    {"days": 12, "amount": None, "country": None},
    {"days": -7, "amount": 1e-3, "country": "Atlantis"},
    {"days": 40, "amount": 0.1, "country": "France"},
]
MANY = ROWS * 300  # beyond the bodies that plain Python reads


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers differently to each of the rows."""
    base, random = tmp_path_factory.mktemp("types"), np.random.default_rng(5)
    rows = np.column_stack([random.integers(-10, 50, 600), random.normal(0, 100, 600), random.integers(0, 3, 600)])
    values = rows.astype(np.float32)
    values[::7, 1] = np.nan
    labels = (values[:, 0] + 20 * values[:, 2] + random.normal(0, 9, 600) > 40).astype(float)
    matrix = xgb.DMatrix(values, label=labels, feature_types=["q", "q", "c"], enable_categorical=True)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 5}, matrix, 40)
    booster.feature_types = None
    Model({"model": Booster(booster)}, SIGNATURE, {}).save(base / "model", golden_of=values)
    return base


def csv(rows: Table, names: list[str] = NAMES) -> bytes:
    return "".join(
        ",".join("" if row[name] is None else str(row[name]) for name in names) + "\n" for row in rows
    ).encode()


def arrow(rows: Table, **others: pa.Array) -> bytes:
    table, sink = (
        pa.Table.from_pylist([{name: row[name] for name in row if name not in others} for row in rows]),
        io.BytesIO(),
    )
    for name, column in others.items():
        table = table.append_column(name, column)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    return sink.getvalue()


def dictionary(values: list[Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(values))


def nothing(rows: int) -> bytes:
    batch, sink = pa.record_batch([pa.nulls(rows)] * 3, names=NAMES), io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def parquet(rows: Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows).select(NAMES[::-1]), sink, row_group_size=9)
    return sink.getvalue()


def split(rows: Table) -> dict[str, Any]:
    return {"columns": NAMES[::-1], "data": [[row[name] for name in NAMES[::-1]] for row in rows]}


def dump(document: Any) -> bytes:
    return json.dumps(document).encode()


FORMS: Mapping[str, tuple[str, Callable[[Table], bytes]]] = {
    "csv": (CSV, csv),
    "csv under a header in another order": (
        "text/csv; charset=utf-8",
        lambda rows: (",".join(NAMES[::-1]) + "\r\n").encode() + csv(rows, NAMES[::-1]),
    ),
    "csv with quotes": ("text/csv", lambda rows: csv(rows).replace(b"Spain", b'"Spain"')),
    "instances": (JSON, lambda rows: dump({"instances": [list(row.values()) for row in rows]})),
    "instances by name": (JSON, lambda rows: dump({"instances": [dict(reversed(row.items())) for row in rows]})),
    "SageMaker's dense rows": (JSON, lambda rows: dump({"instances": [{"features": [*row.values()]} for row in rows]})),
    "pandas' split form": (JSON, lambda rows: dump({"dataframe_split": split(rows)})),
    "pandas' split form, bare": (JSON, lambda rows: dump(split(rows))),
    "lines of objects": (LINES, lambda rows: b"\n".join(map(dump, rows))),
    "lines of lists": ("application/jsonlines", lambda rows: b"".join(dump([*row.values()]) + b"\n" for row in rows)),
    "arrow": (ARROW, arrow),
    "parquet": ("application/vnd.apache.parquet", parquet),
}


def predicted(reply: Reply) -> list[tuple[str, np.float32]]:
    """Labels and probabilities, bit by bit."""
    assert reply.status == 200, reply.content
    match reply.type:
        case "text/csv":
            rows = [line.split(",") for line in reply.content.decode().splitlines()]
        case "application/json":
            rows = [list(row.values()) for row in json.loads(reply.content)["predictions"]]
        case "application/x-ndjson":
            rows = [list(json.loads(line).values()) for line in reply.content.splitlines()]
        case "application/x-parquet":
            rows = [list(row.values()) for row in pq.read_table(io.BytesIO(reply.content)).to_pylist()]
        case _:
            rows = [list(row.values()) for row in pa.ipc.open_stream(reply.content).read_all().to_pylist()]
    return [(str(label), np.float32(probability)) for label, probability in rows]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [ROWS, MANY], ids=["few", "many"])
def test_every_form_of_the_same_rows_has_the_same_answers_to_the_last_bit(base: Path, form: str, rows: Table) -> None:
    kind, encoded = FORMS[form]
    expected, found = ask(base, Asked(csv(rows)), Asked(encoded(rows), {"content-type": kind}))
    assert predicted(found) == predicted(expected)
    assert len(predicted(found)) == len(rows)
    assert len(set(predicted(found))) == len(ROWS)


@pytest.mark.parametrize("wanted", ENCODERS)
def test_every_form_of_the_answer_says_the_same(base: Path, wanted: str) -> None:
    expected, found = ask(base, Asked(csv(MANY)), Asked(csv(MANY), {"accept": wanted}))
    assert found.type == wanted
    assert predicted(found) == predicted(expected)


@pytest.mark.parametrize("given", DECODERS)
def test_an_answer_has_the_requests_form_where_any_will_do(base: Path, given: str) -> None:
    encoded = {CSV: "csv", JSON: "instances", LINES: "lines of lists", ARROW: "arrow", PARQUET: "parquet"}
    body, kind = FORMS[encoded[given]][1](ROWS), {"content-type": given}
    replies = ask(base, Asked(body, kind), Asked(body, {**kind, "accept": "*/*"}))
    assert [reply.type for reply in replies] == [given, given]


REFUSED = {
    "an empty body": (CSV, b" \n", "the body is empty"),
    "a header alone": (CSV, b"days,amount,country\n", "a header without rows"),
    "a header that lacks a column": (CSV, b"days,amount\n3,1.25\n", "missing: 'country'"),
    "a header with one too many": (CSV, b"days,amount,country,id\n3,1,Spain,7\n", "unknown: 'id'"),
    "a column given twice": (CSV, b"days,amount,country,days\n3,1,Spain,7\n", "given twice: 'days'"),
    "text below a header": (CSV, b"amount,days,country\nx,3,Spain\n", "row 2, column 'amount': 'x' is not a number"),
    "a value with a line break": (CSV, b'3,1.25,"Sp\nain"\n', "row 1: its quotes do not end"),
    "a value beyond 32 bits": (CSV, b"3,1e39,Spain\n", "row 1, column 'amount': '1e39' is not a number of 32 bits"),
    "another charset": (CSV, b"3,1.25,\xcele\n", "is not UTF-8"),
    "NaN in JSON": (JSON, b'{"instances": [[NaN, 1, "Spain"]]}', "NaN and Infinity are no JSON"),
    "infinity in JSON": (JSON, b'{"instances": [[1, 1e999, "Spain"]]}', "infinity when parsed"),
    "a number beyond 32 bits": (JSON, b'{"instances": [[1, 1e39, "Spain"]]}', "row 1, column 'amount'"),
    "a list for a value": (JSON, b'{"instances": [[1, 1, "Spain"], [1, [2], "Spain"]]}', "row 2, column 'amount'"),
    "a flag for a number": (JSON, b'{"instances": [[true, 1, "Spain"]]}', "row 1, column 'days': 'True' is a bool"),
    "an object that lacks a value": (JSON, b'{"instances": [{"days": 1, "amount": 2}]}', "row 1: .*missing: 'country'"),
    "a row too short": (JSON, b'{"instances": [[1, 2]]}', "row 1 has 2 values; the model takes 3"),
    "no rows": (JSON, b'{"instances": []}', "has no rows"),
    "columns without data": (JSON, b'{"columns": ["days"]}', "neither instances nor columns and data"),
    "deep JSON": (JSON, b"[" * 100_000, "is not JSON"),
    "a line that is no JSON": (LINES, b'[1, 2, "Spain"]\n[1,\n', "row 2 is not JSON"),
    "arrow cut short": (ARROW, arrow(ROWS)[:-40], "no stream of Arrow"),
    "text for a number in arrow": (ARROW, arrow([{**ROWS[0], "days": "3"}]), "column 'days' is of type string"),
    "infinity in arrow": (ARROW, arrow([ROWS[0], {**ROWS[0], "amount": float("inf")}]), "row 2, column 'amount'"),
    "arrow without rows": (ARROW, arrow(ROWS)[:0] + b"\xff\xff\xff\xff\x00\x00\x00\x00", "no stream of Arrow|missing"),
    "arrow of lists": (ARROW, arrow(ROWS[:1], days=dictionary([[1]])), "column 'days' is of type list"),
    "arrow that is not UTF-8": (ARROW, arrow(ROWS).replace(b"amount", b"am\xffunt"), "no stream of Arrow"),
    "parquet that is none": (PARQUET, b"PAR1 and so on PAR1", "no Parquet file"),
}


def test_rows_are_counted_before_they_are_read(base: Path) -> None:
    bodies = {LINES: b"[]\n" * 202, JSON: b'{"instances": [' + b"[]," * 300 + b"[]]}"}
    replies = ask(base, *(Asked(body, {"content-type": kind}) for kind, body in bodies.items()), most_rows=100)
    assert [reply.status for reply in replies] == [413, 413]


@pytest.mark.parametrize("fault", REFUSED)
def test_what_does_not_fit_is_refused_with_400_and_where_it_is(base: Path, fault: str) -> None:
    kind, body, reason = REFUSED[fault]
    (reply,) = ask(base, Asked(body, {"content-type": kind}))
    assert reply.status == 400, reply.content
    with pytest.raises(ValueError, match=reason):
        raise ValueError(reply.content.decode())


def test_header_absent_takes_the_first_line_for_a_row(base: Path) -> None:
    (reply,) = ask(base, Asked(b"days,amount,country\n", {"content-type": "text/csv; header=absent"}))
    assert b"row 1, column 'days': 'days' is not a number" in reply.content


def test_limits_are_answered_by_what_is_exceeded(base: Path) -> None:
    line = csv(ROWS[:1])
    slow = Sent([line] * 50, seconds_between=0.1)
    replies = ask(
        base,
        Asked(line * 1000),
        Asked(line * 1000, length_told=False),
        Asked(line * 101),
        Asked(slow),
        Asked(line),
        Asked(line, {"content-type": "text/csv; charset=utf-16"}),
        Asked(line, {"accept": "image/png, text/csv;q=0"}),
        Asked(path="/other"),
        most_bytes=5_000,
        most_rows=100,
        seconds=0.5,
    )
    assert [reply.status for reply in replies] == [413, 413, 413, 408, 200, 415, 406, 404]


def test_bodies_wait_for_room_and_are_told_to_come_again_when_there_is_none(base: Path) -> None:
    body = csv(MANY)
    held = Asked(Sent([body[:-9], body[-9:]], seconds_between=0.3))
    waits = ask(base, held, Asked(body), bytes_in_flight=len(body) + 10)
    assert [reply.status for reply in waits] == [200, 200]
    told = ask(base, held, Asked(body), Asked(csv(ROWS)), bytes_in_flight=len(body) + 10, wait_seconds=0.1)
    assert [reply.status for reply in told] == [200, 503, 200]
    assert ("retry-after", "1") in told[1].more


def test_a_model_that_says_something_else_to_its_golden_row_is_not_served(base: Path, tmp_path: Path) -> None:
    model, path = tmp_path / "model", tmp_path / "model" / FILE
    model.mkdir()
    for file in (base / "model").iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    assert ask(tmp_path, Asked(path="/ping"))[0].status == 200
    golden = json.loads(path.read_bytes())
    path.write_text(json.dumps({**golden, "predictions": [0.123]}))
    with pytest.raises(ModelUnusable, match=r"golden_row.json is damaged: its SHA-256"):
        ask(tmp_path, Asked(path="/ping"))
    training = model / "training.json"
    training.write_text("{}")
    with pytest.raises(ModelUnusable, match=r"to its golden row, and said \[0\.123\]"):
        ask(tmp_path, Asked(path="/ping"))
    path.unlink()  # as models of before have it
    assert ask(tmp_path, Asked(path="/ping"))[0].status == 200
