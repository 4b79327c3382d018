"""What `prepare` does with rows and files that do not keep the contract."""

import csv
import gzip
import json

import pytest

from tests.integration.container.conftest import SAMPLE, Stage, Trained, sample_lines

LINES = sample_lines()
HEADER, ROWS = LINES[0], LINES[1:]
GOOD = b"999999,22138,CAKE STAND,6,2011-12-09 12:00:00,4.95,17850,France\n"

RUBBISH = {
    "empty.csv": (b"", "empty_file", None, "the file is empty"),
    "header_only.csv": (HEADER, "no_rows", None, "no rows"),
    "missing_column.csv": (b"InvoiceNo,Price\n1,2\n", "missing_column", 1, "'StockCode' is missing"),
    "mixed.csv": (HEADER + GOOD.replace(b"6", "£".encode()) + b"\xa3", "encoding", 3, "byte 0xa3 is not UTF-8"),
    "workbook.csv": (b"PK\x03\x04\x14\0\x06\0", "not_a_csv", None, "an Excel workbook"),
    "utf_16.csv": ((HEADER + GOOD).decode().encode("utf-16-le"), "not_a_csv", 1, "state input.encoding: utf-16"),
    "damaged.csv.gz": (gzip.compress(HEADER + GOOD * 999)[:-20], "not_a_csv", None, "archive is damaged"),
    "all_rows_bad.csv": (
        HEADER + GOOD.replace(b",6,", b",six,") * 9,
        "too_many_rejected",
        None,
        "9 of 9 rows are rejected, so none is left",
    ),
    "unbalanced.csv": (HEADER + GOOD.replace(b",6,", b',"6,') * 3, "too_many_rejected", None, "3 of 3 rows"),
}


def test_rubbish_is_refused_by_name_and_the_run_is_not_usable(stage: Stage) -> None:
    report = stage.prepare({name: content for name, (content, *_) in RUBBISH.items()})
    assert not report.usable
    with (stage.output / "quarantine" / "rejected.csv").open(newline="") as stream:
        rejections = list(csv.DictReader(stream))
    for name, (_, rule, line, words) in RUBBISH.items():
        found = [row for row in rejections if row["file"].endswith("/" + name) and row["rule"] == rule]
        assert len(found) == 1, name
        assert words in found[0]["reason"]
        assert found[0]["line"] == str(line or "")
    assert all(file.refused and not file.accepted and file.accepted_key is None for file in report.files)
    assert not list((stage.output / "accepted").iterdir())


def test_one_refused_file_does_not_stop_the_good_ones(stage: Stage) -> None:
    report = stage.prepare({"bad.csv": b"", "sample.csv.gz": SAMPLE})
    assert report.usable
    assert [file.refused for file in report.files] == [True, False]
    assert [path.name for path in (stage.output / "accepted").iterdir()] == ["a1.parquet"]


def test_each_bad_row_is_set_aside_with_its_line_column_value_and_reason(stage: Stage) -> None:
    bad = {
        4: (GOOD.replace(b",6,", b",six,"), "Quantity", "six", "type"),
        9: (GOOD.replace(b"4.95", b"1e400"), "UnitPrice", "1e400", "type"),
        11: (GOOD.replace(b"4.95", b"4_95"), "UnitPrice", "4_95", "type"),
        12: (GOOD.replace(b"17850", b"17850.5"), "CustomerID", "17850.5", "type"),
        20: (GOOD.replace(b"2011-12-09", b"2011-02-30"), "InvoiceDate", "2011-02-30 12:00:00", "type"),
        21: (GOOD.replace(b"2011-12-09", b"2111-12-09"), "InvoiceDate", "2111-12-09 12:00:00", "range"),
        30: (GOOD.replace(b"22138", b""), "StockCode", "", "required"),
        31: (GOOD.replace(b"4.95", b"4,95"), "", GOOD.replace(b"4.95", b"4,95").decode().strip(), "too_many_fields"),
        40: (b"1,2\n", "", "1,2", "too_few_fields"),
        50: (GOOD.replace(b"CAKE", b'"CAKE'), "", GOOD.replace(b"CAKE", b'"CAKE').decode().strip(), "unbalanced_quote"),
    }
    lines = [HEADER]
    for row in ROWS[:100]:
        while len(lines) + 1 in bad:
            lines.append(bad[len(lines) + 1][0])
        lines.append(row)
    report = stage.prepare({"mixed.csv": b"".join(lines)})
    assert report.files[0].model_dump(include={"rows", "accepted", "rejected", "refused"}) == {
        "rows": 110,
        "accepted": 100,
        "rejected": 10,
        "refused": False,
    }
    with (stage.output / "quarantine" / "rejected.csv").open(newline="") as stream:
        found = {int(row["line"]): row for row in csv.DictReader(stream) if row["line"]}
    assert {line: (row["column"], row["value"], row["rule"]) for line, row in found.items()} == {
        line: expected for line, (_, *given) in bad.items() for expected in [tuple(given)]
    }
    assert "'six' is not a whole number" in found[4]["reason"]
    assert "2010-12-01 08:26:00" in found[20]["reason"]
    assert len(report.rejections) == len(bad) + 1  # and that the history is too short


def test_a_short_history_is_unusable_and_says_how_many_days_are_needed(stage: Stage) -> None:
    report = stage.prepare({"short.csv": HEADER + b"".join(ROWS[:500])})
    assert not report.usable
    assert "at least 222 are needed" in report.rejections[0].reason
    assert report.files[0].accepted == 500


def test_the_report_names_refused_files_before_the_first_rejected_rows(stage: Stage) -> None:
    many_bad = HEADER + GOOD.replace(b",6,", b",six,") * 99
    report = stage.prepare({"many.csv": many_bad, "empty.csv": b""})
    assert [rejection.rule for rejection in report.rejections[:4]] == [
        "unusable_data",
        "too_many_rejected",
        "empty_file",
        "type",
    ]
    assert len(report.rejections) < 30


def test_ids_as_decimals_and_days_in_another_listed_format_are_the_same_data(stage: Stage) -> None:
    columns = {
        name: {"type": type, **({"formats": ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M"]} if type == "timestamp" else {})}
        for name, type in {
            "InvoiceNo": "text",
            "Quantity": "integer",
            "InvoiceDate": "timestamp",
            "CustomerID": "integer",
        }.items()
    }
    body = (
        b"InvoiceNo,InvoiceDate,Quantity,Note,CustomerID\n1,9/12/2010 8:26,6.0,x,17850.0\n1,13/12/2010 8:26,6,x,17850\n"
    )
    report = stage.prepare({"other.csv": body}, input={"columns": columns})
    assert (report.files[0].accepted, report.first_day, report.last_day) == (2, "2010-12-09", "2010-12-13")


@pytest.mark.parametrize("extra", [{}, {"again.csv.gz": SAMPLE}])
def test_rows_seen_before_count_once(stage: Stage, trained: Trained, extra: dict[str, object]) -> None:
    accepted = trained.output / "accepted" / "a0.parquet"
    report = stage.prepare({**extra}, history=[accepted])  # type: ignore[dict-item]
    assert report.usable
    assert report.rows == len(set(ROWS))
    assert [file.duplicates for file in report.files] == ([len(ROWS)] if extra else [])


def summary(stage: Stage) -> str:
    reason: str = json.loads((stage.output / "prepared" / "summary.json").read_bytes())["reason"]
    return reason


def test_the_reason_names_the_first_file_line_and_column(stage: Stage) -> None:
    stage.prepare({"short.csv": HEADER + b"".join(ROWS[:500]) + GOOD.replace(b",6,", b",six,")})
    assert "at least 222 are needed" in summary(stage)
    assert "short.csv, line 502, column 'Quantity': 'six' is not a whole number" in summary(stage)


def test_a_value_that_the_contracts_sql_cannot_take_makes_the_data_unusable(stage: Stage) -> None:
    huge = GOOD.replace(b",6,", b",9223372036854775807,").replace(b"4.95", b"1e20").replace(b"2011-12", b"2011-01")
    plain = "CAST(SUM(CAST(UnitPrice * 1000 AS BIGINT)) AS BIGINT)"
    features = f"SELECT CustomerID, {plain} AS spent FROM history WHERE CustomerID IS NOT NULL GROUP BY CustomerID"
    report = stage.prepare({"huge.csv": b"".join(LINES) + huge}, queries={"features.sql": features})
    assert not report.usable
    assert summary(stage).startswith("Features.sql fails on this data: Conversion Error: ")
    assert (report.files[0].refused, report.files[0].accepted, report.files[0].rejected) == (True, 0, len(ROWS) + 1)
    assert not list((stage.output / "accepted").iterdir()), "no later run may meet these rows"


def test_a_file_that_makes_usable_data_unusable_stays_out_of_the_history(stage: Stage, trained: Trained) -> None:
    late = GOOD.replace(b"2011-12", b"2025-12")
    accepted = trained.output / "accepted" / "a0.parquet"
    report = stage.prepare({"late.csv": HEADER + late}, history=[accepted], champion=True)
    assert not report.usable
    assert report.files[0].refused
    assert "with this file the data cannot be used" in report.rejections[1].reason


def test_a_first_file_that_is_too_short_waits_in_the_history_for_more(stage: Stage) -> None:
    report = stage.prepare({"short.csv": HEADER + b"".join(ROWS[:500])})
    assert not report.usable
    assert (report.files[0].refused, report.files[0].accepted) == (False, 500)
