"""A file of unknown making, surveyed as `evergreen init` has it done."""

import gzip
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from container.survey.queries import faults
from container.survey.reading import NotReadable
from container.survey.survey import NoSuchColumn, survey
from evergreen.contracts import DatasetFolder
from evergreen.survey import ColumnSurvey, Survey

CHANCE = random.Random(7)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


def surveyed(folder: Path, text: str, target: str = "y", **options: Any) -> Survey:
    return survey(write(folder, text, options.pop("encoding", "utf-8")), folder, target, **options)


def column(found: Survey, name: str) -> ColumnSurvey:
    return next(each for each in found.columns if each.name == name)


def rows(header: str, *lines: str) -> str:
    return "\n".join((header, *lines)) + "\n"


def one_column(folder: Path, *values: str) -> ColumnSurvey:
    """A column of these values beside a target."""
    return column(surveyed(folder, rows("x,y", *(f"{value},{place}" for place, value in enumerate(values)))), "x")


@pytest.mark.parametrize(
    ("values", "type", "facts"),
    [
        (("1", "2", "-3"), "integer", {"least": "-3", "most": "2"}),
        (("17850.0", "17851", "17852.00"), "integer", {"least": "17850", "increasing": True}),
        (("1.5", "2", "3e2"), "number", {"fractions": True, "most": "300.0"}),
        (("007", "012", "100"), "text", {}),
        (("true", "FALSE", "True"), "boolean", {"distinct": 2, "values": (("true", 2), ("false", 1))}),
        (("yes", "no", "yes"), "text", {}),
        (("1", "", " "), "integer", {"missing": 2, "distinct": 1}),
        (("1", "NA", "2"), "integer", {"misfits": 0, "missing": 1, "distinct": 2}),
        (("1", "?", "2"), "integer", {"misfits": 1, "misfit": "?", "distinct": 2}),
        (
            ("2020-01-31T10:00:00+02:00", "2020-02-01 11:30"),
            "timestamp",
            {"formats": (), "least": "2020-01-31 08:00:00"},
        ),
        (("1", "C2", "3"), "text", {}),
        (("", "", ""), "text", {"missing": 3, "distinct": 0}),
        (("2020-01-31", "2020-02-01"), "timestamp", {"formats": ("%Y-%m-%d",), "ambiguous": False}),
        (("2020-01-31T10:00:00Z", "2020-02-01T11:30:00Z"), "timestamp", {"formats": ("%Y-%m-%dT%H:%M:%SZ",)}),
        (("31.01.2020 10:00", "01.02.2020 11:30"), "timestamp", {"formats": ("%d.%m.%Y %H:%M",), "ambiguous": False}),
        (("1/31/20", "2/1/20"), "timestamp", {"formats": ("%m/%d/%y",), "ambiguous": False}),
        (("1/2/2020", "3/2/2020", "5/2/2020", "1/3/2020"), "timestamp", {"formats": ("%d/%m/%Y",), "ambiguous": True}),
        (("1/2/2020", "1/5/2020", "2/1/2020", "2/9/2020"), "timestamp", {"formats": ("%m/%d/%Y",), "ambiguous": True}),
    ],
)
def test_a_columns_type_is_the_narrowest_that_its_values_fit(
    tmp_path: Path, values: tuple[str, ...], type: str, facts: dict[str, Any]
) -> None:
    found = one_column(tmp_path, *values)
    assert (found.type, {name: getattr(found, name) for name in facts}) == (type, facts)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_the_rows_agree_on(tmp_path: Path, delimiter: str) -> None:
    records = [("name", "x", "y"), *(('"a, b; c | d"', str(n), str(n)) for n in range(9))]
    text = rows(*(delimiter.join(record) for record in records))
    found = surveyed(tmp_path, text)
    assert (found.delimiter, len(found.columns), found.rows) == (delimiter, 3, 9)


@pytest.mark.parametrize(("encoding", "read_as"), [("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")])
def test_the_encoding_is_what_the_bytes_show(tmp_path: Path, encoding: str, read_as: str) -> None:
    found = surveyed(tmp_path, rows("größe €,y", "1,2", "2,3"), encoding=encoding)
    assert (found.encoding, found.columns[0].name) == (read_as, "größe €")


def test_a_comma_as_decimal_mark_is_seen(tmp_path: Path) -> None:
    found = surveyed(tmp_path, rows("x;y", "1,5;2", "2;3", "3,25;4"))
    assert (found.decimal, column(found, "x").type, column(found, "x").most) == (",", "number", "3.25")


def test_a_zipped_file_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"x,y\n1,2\n2,3\n"))
    assert survey(path, tmp_path, "y").rows == 2


def test_a_parquet_file_is_surveyed_as_its_values_in_text(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    duckdb.execute(
        f"COPY (SELECT n AS x, DATE '2020-01-01' + n::INT AS day, n / 4 AS y FROM range(9) t(n)) TO '{path}'"
    )
    found = survey(path, tmp_path, "y")
    assert [each.type for each in found.columns] == ["integer", "timestamp", "number"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"x,y\n", "a header but no rows"),
        (b"PK\x03\x04....", "an Excel workbook"),
        (b"\x1f\x8b\x08broken", "cannot be read"),
    ],
)
def test_what_is_no_csv_is_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(NotReadable, match=told):
        survey(path, tmp_path, "y")


def test_an_unknown_target_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NoSuchColumn, match="no column 'Churnd'; did you mean 'churned'"):
        surveyed(tmp_path, rows("x,churned", "1,2"), target="Churnd")


def test_double_names_broken_records_and_columns_without_a_name_are_counted(tmp_path: Path) -> None:
    found = surveyed(tmp_path, rows("x,y,X,", "1,2,3,4", "1,2", "2,3,4,5"))
    assert ([each.name for each in found.columns], found.doubled, found.unnamed) == (["x", "y"], ("X",), 1)
    assert (found.rows, found.malformed) == (2, 1)


def test_awkward_names_and_quoted_line_ends_survive(tmp_path: Path) -> None:
    found = surveyed(tmp_path, rows('"a""b", c ,y,\'d', '"one\nline",1,2,3', "two,2,3,4"))
    assert [each.name for each in found.columns] == ['a"b', "c", "y", "'d"]
    assert column(found, 'a"b').values[0][0] == "one\nline"


def leaks(found: Survey) -> dict[str, str]:
    return {each.name: each.leak.kind for each in found.columns if each.leak}


def test_a_column_that_alone_predicts_a_class_is_suspected_and_a_good_feature_is_not(tmp_path: Path) -> None:
    lines = []
    for _ in range(600):
        failed = CHANCE.random() < 0.3
        score, good = failed + CHANCE.gauss(0, 0.05), failed + CHANCE.gauss(0, 0.8)
        lines.append(f"{score:.4f},{good:.4f},{CHANCE.random():.4f},{int(failed)}")
    assert leaks(surveyed(tmp_path, rows("score,good,noise,y", *lines))) == {"score": "alone"}


def test_a_flag_that_is_set_only_with_the_rarer_class_is_suspected(tmp_path: Path) -> None:
    lines = []
    for place in range(1000):
        failed = place % 20 == 0
        broken = failed and place % 40 == 0
        often = place % 40 == 0 or CHANCE.random() < 0.02
        lines.append(f"{int(broken)},{int(often)},{int(failed)}")
    assert leaks(surveyed(tmp_path, rows("broken,often,y", *lines))) == {"broken": "value"}


def test_a_number_that_is_the_target_in_other_units_is_suspected(tmp_path: Path) -> None:
    lines = []
    for _ in range(800):
        wear = CHANCE.random() * 10
        lines.append(f"{wear * 25.4:.3f},{wear + CHANCE.gauss(0, 3):.3f},{wear:.4f}")
    assert leaks(surveyed(tmp_path, rows("mm,speed,y", *lines))) == {"mm": "alone"}


def test_a_text_that_stands_for_the_class_is_suspected(tmp_path: Path) -> None:
    lines = [f"{'xyz'[place % 3]}{place % 2},{CHANCE.random():.3f},{'abc'[place % 3]}" for place in range(300)]
    assert leaks(surveyed(tmp_path, rows("code,noise,y", *lines))) == {"code": "value"}


def test_a_time_after_the_rows_own_is_suspected(tmp_path: Path) -> None:
    lines = [f"2020-01-{day:02},2020-02-{day:02},2019-12-{day:02},{day}" for day in range(1, 28)]
    found = surveyed(tmp_path, rows("opened,ended,ordered,y", *lines), time="opened")
    assert leaks(found) == {"ended": "later"}


CONTRACT: dict[str, Any] = {
    "id": "orders",
    "entity": "customer",
    "task": "time_to_event",
    "input": {"columns": {"customer": {"type": "integer"}, "at": {"type": "timestamp"}, "x y": {"type": "number"}}},
    "features": "features.sql",
    "target": {"duration": "days", "horizon_days": 90},
    "split": {"by": "cutoffs", "column": "at"},
}
FEATURES = "SELECT customer, COUNT(*) AS orders FROM history WHERE \"at\" < getvariable('as_of') GROUP BY customer"
TARGET = "SELECT customer, 1 AS days FROM followup"


def told(features: str = FEATURES, target: str = TARGET, rule: str = '"x y" > 0') -> list[str]:
    rules = [{"name": "sound", "sql": rule, "reason": "it is not"}]
    contract = CONTRACT | {"input": CONTRACT["input"] | {"rules": rules}}
    sql = {"features.sql": features, "target.sql": target}
    return list(faults(DatasetFolder.model_validate({"contract": contract, "sql": sql})))


def test_sql_that_fits_the_columns_is_fine() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"features": "SELEC 1"}, "features.sql: Parser Error"),
        ({"features": "SELECT 1; SELECT 2"}, "features.sql: must hold one SELECT and nothing else"),
        ({"features": "DROP TABLE history"}, "features.sql: must hold one SELECT and nothing else"),
        (
            {"features": "SELECT customr FROM history"},
            'features.sql: Binder Error: Referenced column "customr" not found',
        ),
        ({"features": "SELECT 1 AS one FROM history"}, "features.sql: gives no column 'customer', only one"),
        (
            {"features": FEATURES.replace("history", "followup")},
            "features.sql: Catalog Error: Table with name",
        ),
        ({"target": "SELECT customer FROM followup"}, "target.sql: gives no column 'days', only customer"),
        ({"rule": "speed > 0"}, 'input.rules sound: Binder Error: Referenced column "speed" not found'),
        ({"rule": '"x y" + 1'}, "input.rules sound: gives DOUBLE, but a rule is true or false"),
        ({"rule": "true) FROM rows; SELECT (1"}, "input.rules sound: must be one expression"),
    ],
)
def test_sql_that_does_not_is_told_before_any_data_comes(change: dict[str, str], fault: str) -> None:
    (found,) = told(**change)
    assert found.startswith(fault)
    assert "\n" not in found


def test_a_rule_that_changes_by_the_day_is_told_before_any_data_comes() -> None:
    (found,) = told(rule='"at" < now()')
    assert found.startswith("input.rules sound: holds now(), which changes")


def test_a_file_of_more_columns_than_a_contract_takes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    header = ",".join(["y", *(f"c{n}" for n in range(2000))])
    with pytest.raises(NotReadable, match=r"has 2,001 columns, and a contract takes at most 2,000: run init on a copy"):
        surveyed(tmp_path, rows(header))  # without rows, which would be told next


def test_a_header_that_no_contract_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match=r"column 'a\\nb' holds a control character"):
        surveyed(tmp_path, rows('"a\nb",y', "1,1"))


def test_a_value_of_the_longest_line_is_surveyed_and_a_longer_one_told(tmp_path: Path) -> None:
    long = rows("x,y", *(f'"{"a" * 200_000}",{n}' for n in range(3)))
    assert surveyed(tmp_path, long).rows == 3
    with pytest.raises(NotReadable, match="the first lines are not valid CSV: field larger than field limit"):
        surveyed(tmp_path, rows("x,y", f'"{"a" * 1_100_000}",1'))


def test_times_with_a_zone_and_without_seconds_are_times(tmp_path: Path) -> None:
    found = one_column(tmp_path, "2024-01-01T10:00Z", "2024-01-02T11:30Z")
    assert (found.type, found.least) == ("timestamp", "2024-01-01 10:00:00")
