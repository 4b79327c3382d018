"""By which format dates are read, and when no one can tell."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.container.taking import Taken, table, take


def dates(values: list[str], **column: object) -> Taken:
    contract = table({"day": {"type": "timestamp", **column}, "y": "number"})
    return take("day,y\n" + "".join(f'"{value}",1\n' for value in values), contract)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2020-12-01", datetime(2020, 12, 1)),
        ("2020-12-01 08:26", datetime(2020, 12, 1, 8, 26)),
        ("2020-12-01T08:26:07.5", datetime(2020, 12, 1, 8, 26, 7, 500_000)),
        ("2020-12-01T08:26:07Z", datetime(2020, 12, 1, 8, 26, 7)),
        ("2020-12-01 08:26:07+02:00", datetime(2020, 12, 1, 6, 26, 7)),
        ("2020-12-01T08:26Z", datetime(2020, 12, 1, 8, 26)),
        ("2020-12-01 08:26+02", datetime(2020, 12, 1, 6, 26)),
        ("2020-12-01T08:26-02:30", datetime(2020, 12, 1, 10, 56)),
        (" 2020-12-01T08:26Z ", datetime(2020, 12, 1, 8, 26)),
        ("0001-01-01", datetime(1, 1, 1)),
        ("9999-12-31", datetime(9999, 12, 31)),
        ("31/12/2020", datetime(2020, 12, 31)),
        ("31.12.2020 8:26", datetime(2020, 12, 31, 8, 26)),
        ("12/31/20 8:26", datetime(2020, 12, 31, 8, 26)),
        ("12/31/2020 8:26 PM", datetime(2020, 12, 31, 20, 26)),
        ("31-12-2020", datetime(2020, 12, 31)),
        ("1-Dec-2020", datetime(2020, 12, 1)),
        ("2020/12/01", datetime(2020, 12, 1)),
        ("20201201", datetime(2020, 12, 1)),
    ],
)
def test_a_usual_format_is_found(value: str, read: datetime) -> None:
    assert dates([value]).accepted[0][0] == read


def test_an_inferred_format_is_noted_but_iso() -> None:
    assert dates(["31/12/2020"]).report.notes == ("dates of column 'day' are read as %d/%m/%Y",)
    assert not dates(["2020-12-31"]).report.notes


def test_iso_dates_with_and_without_a_time_are_one_format() -> None:
    values = ["2020-12-01", "2020-12-01 08:26:00", "2020-12-01T08:26:00.25Z"]
    assert dates(values).report.accepted == 3


def test_dates_that_may_be_day_first_or_month_first_refuse_the_file_with_an_example() -> None:
    taken = dates(["1/2/2020", "3/3/2020", "5/6/2020"])
    assert (taken.report.refused, taken.rejected[-1]["rule"]) == (True, "ambiguous_dates")
    assert taken.rejected[-1]["value"] == "1/2/2020"
    assert "'1/2/2020' may be read as %d/%m/%Y or as %m/%d/%Y" in taken.rejected[-1]["reason"]
    assert "state formats" in taken.rejected[-1]["reason"]


def test_one_late_day_tells_the_order_of_a_long_file() -> None:
    taken = dates(["1/2/2020"] * 3000 + ["13/2/2020"])
    assert (taken.report.accepted, taken.accepted[0][0]) == (3001, datetime(2020, 2, 1))


def test_dates_whose_order_does_not_matter_are_no_doubt() -> None:
    assert dates(["1/1/2020", "2/2/2020"]).report.accepted == 2


def test_as_many_day_first_as_month_first_dates_are_a_doubt() -> None:
    assert dates(["13/1/2020", "1/13/2020"]).rejected[-1]["rule"] == "ambiguous_dates"


def test_the_format_of_most_values_counts_and_the_others_are_rejected() -> None:
    taken = dates(["13/1/2020", "14/1/2020", "1/13/2020", "soon"])
    assert [rule[:2] for rule in taken.rules] == [("4", "day"), ("5", "day")]
    assert "is not a date like 01/12/2010 (%d/%m/%Y, the same in the whole file)" in taken.rejected[0]["reason"]


def test_a_format_that_comes_late_but_fits_most_counts() -> None:
    taken = dates(["2020-12-01"] * 2500 + ["31/12/2020"] * 3000)
    assert (taken.report.accepted, taken.report.rejected) == (3000, 2500)


def test_a_stated_format_decides() -> None:
    assert dates(["1/2/2020"], formats=["%m/%d/%Y"]).accepted[0][0] == datetime(2020, 1, 2)
    assert dates(["1/2/2020", "x", "13/2/2020"], formats=["%m/%d/%Y", "%d/%m/%Y"]).report.accepted == 2


SHOP = {"InvoiceNo": "text", "InvoiceDate": "timestamp", "Quantity": "integer"}


@pytest.mark.parametrize("body", ["1/12/2010 8:26", "12/1/10 8:26"])
def test_one_day_of_a_shop_in_early_december_is_a_doubt(body: str, tmp_path: Path) -> None:
    """As files of this shop are found: every line of them is of one day that may be read in two ways."""
    lines = "".join(f"{536365 + row},{body},6\n" for row in range(99))
    assert take("InvoiceNo,InvoiceDate,Quantity\n" + lines, table(SHOP)).rejected[-1]["rule"] == "ambiguous_dates"
