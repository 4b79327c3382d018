"""No row is lost between our reading of a file and DuckDB's, whatever the file holds."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from container.prepare.engine import connect
from container.prepare.intake import Intake
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.manifest import FileReport, InputFile

CONTRACT = Contract.model_validate(
    {
        "id": "fuzz",
        "entity": "who",
        "task": "time_to_event",
        "input": {
            "columns": {
                "who": {"type": "integer", "required": True},
                "note": {"type": "text"},
                "price": {"type": "number"},
                "day": {"type": "timestamp", "formats": ["%Y-%m-%d", "%d/%m/%Y"]},
            },
            "reject_file_above": 1,
        },
        "target": {"duration": "days", "horizon_days": 9},
        "features": "features.sql",
        "split": {"by": "cutoffs", "column": "day"},
    }
)
CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "17850.0", "-3", "5.7", "1e3", "1_0", "2011-12-09", "9/12/2011", "2011-02-30", "NA", '""']
    ),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=5),
    st.text(alphabet='",\n\r\t\\#\0 a1', max_size=6),
)
LINES = st.lists(st.lists(CELLS, min_size=3, max_size=5), min_size=1, max_size=20)


def take(body: bytes, contract: Contract = CONTRACT, keep: Path | None = None) -> FileReport:
    with tempfile.TemporaryDirectory() as folder, Quarantine(Path(folder) / "quarantine") as quarantine:
        scratch = Path(folder)
        (scratch / "dropped").write_bytes(body)
        intake = Intake(connect(scratch, "fuzz"), contract, quarantine, scratch)
        file = InputFile(arrival_id="a", source="s3://data/a.csv", version_id="v", key="k", size=len(body))
        return intake.take(scratch / "dropped", file, keep or scratch / "a.parquet", "accepted/a.parquet")


@given(LINES)
@settings(max_examples=80, deadline=None)
def test_accepted_and_rejected_rows_add_up_to_the_rows_read(rows: list[list[str]]) -> None:
    body = "\n".join(["day,who,note,price", *(",".join(row) for row in rows)])
    report = take(body.encode())  # raises if a row is lost
    assert report.accepted + report.rejected == report.rows


def test_only_rows_that_keep_the_contract_are_accepted() -> None:
    good = ["2011-12-09,17850.0,NA,", "2011-12-09,-3,,1e3", "2011-12-09,+1,a,.5"]
    bad = [
        "2011-12-09,5.7,,",
        "2011-12-09,1_0,,",
        "9/12/2011,1,,",
        "2011-12-09,1,,inf",
        "2011-12-09,nan,,1",
        "2011-12-09,1,,0x1",
        "1700-01-01,1,,",
        ",1,,",
    ]
    report = take("\n".join(["day,who,note,price", *good, *bad]).encode())
    assert (report.accepted, report.rejected) == (len(good), len(bad))


def with_columns(columns: Mapping[str, str], entity: str) -> Contract:
    document: dict[str, Any] = CONTRACT.model_dump(by_alias=True)
    document["input"]["columns"] = {**{name: {"type": kind} for name, kind in columns.items()}}
    document["input"]["columns"]["day"] = {"type": "timestamp"}
    return Contract.model_validate({**document, "entity": entity})


@pytest.mark.parametrize("name", ["line", "Line", "typed", "field1", "first place"])
def test_a_column_may_have_any_name(name: str, tmp_path: Path) -> None:
    contract = with_columns({name: "text", "who": "integer"}, "who")
    body = f"who,{name},day\n7,mine,2011-12-09\n8,x,wrong\n"
    report = take(body.encode(), contract, tmp_path / "a.parquet")
    assert (report.accepted, report.rejected) == (1, 1)
    query = f"""SELECT "{name}", who FROM '{tmp_path}/a.parquet'"""
    assert duckdb.connect().execute(query).fetchall() == [("mine", 7)]


def test_a_carriage_return_inside_quotes_in_the_first_row_is_a_value() -> None:
    assert take(b'day,who,note,price\n2011-12-09,1,"a\rb",1\n2011-12-09,2,c,2\n').accepted == 2


def test_an_entity_with_control_characters_or_of_endless_length_is_rejected() -> None:
    contract = with_columns({"who": "text"}, "who")
    good = ["Zoë", "x" * 1000, ""]
    bad = ['"a\nb"', "a\tb", "a\x7fb", "ë" * 501]
    report = take("\n".join(["who,day", *(f"{who},2011-12-09" for who in (*good, *bad))]).encode(), contract)
    assert (report.accepted, report.rejected) == (len(good), len(bad))
