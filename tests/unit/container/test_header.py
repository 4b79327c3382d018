import pytest

from container.prepare.header import FileRefused, delimiter_of, header_names, notes_on, positions
from evergreen.columns import Column

COLUMNS = {
    "InvoiceNo": Column(type="text", aliases=("Invoice",)),
    "UnitPrice": Column(type="number", aliases=("Price",)),
    "CustomerID": Column(type="integer"),
}


def test_columns_are_found_in_any_order_and_further_ones_are_ignored() -> None:
    assert positions(["CustomerID", "Note", "UnitPrice", "InvoiceNo"], COLUMNS) == {
        "InvoiceNo": 3,
        "UnitPrice": 2,
        "CustomerID": 0,
    }


def test_an_alias_counts_as_the_column() -> None:
    assert positions(["Invoice", "Price", "CustomerID"], COLUMNS)["UnitPrice"] == 1


def test_a_missing_column_is_refused_by_name_with_the_columns_found_and_the_nearest() -> None:
    with pytest.raises(FileRefused) as refusal:
        positions(["InvoiceNo", "UnitPrice", "Customer ID"], COLUMNS)
    assert refusal.value.column == "CustomerID"
    assert "InvoiceNo, UnitPrice, Customer ID" in refusal.value.reason
    assert "Rename 'Customer ID' to 'CustomerID'" in refusal.value.reason


def test_an_optional_column_may_not_be_missing_either() -> None:
    with pytest.raises(FileRefused, match="'CustomerID' is missing"):
        positions(["InvoiceNo", "UnitPrice"], COLUMNS)


def test_a_column_named_twice_is_refused_even_by_an_alias() -> None:
    with pytest.raises(FileRefused, match="names column 'UnitPrice' 2 times"):
        positions(["InvoiceNo", "UnitPrice", "Price", "CustomerID"], COLUMNS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_yields_the_contracts_columns(delimiter: str) -> None:
    line = delimiter.join(["InvoiceNo", '"a,b;c,d;e,f"', "Price", "CustomerID"])
    assert delimiter_of(line, COLUMNS) == delimiter


def test_a_header_without_any_known_column_is_read_by_commas() -> None:
    assert delimiter_of("a;b;c", COLUMNS) == ","


def test_a_file_with_another_delimiter_than_stated_is_told_so() -> None:
    with pytest.raises(FileRefused, match="separated by semicolons"):
        positions(header_names("InvoiceNo;UnitPrice;CustomerID"), COLUMNS)


def test_the_target_may_be_absent_and_this_is_noted() -> None:
    places = positions(["InvoiceNo", "UnitPrice"], COLUMNS, ("CustomerID",))
    assert places == {"InvoiceNo": 0, "UnitPrice": 1}
    assert notes_on(["InvoiceNo", "UnitPrice"], places, COLUMNS) == [
        "the file lacks the columns CustomerID: they count as empty"
    ]


def test_ignored_columns_are_noted_by_name() -> None:
    names = ["InvoiceNo", "x", "UnitPrice", "x", "CustomerID"]
    notes = notes_on(names, positions(names, COLUMNS), COLUMNS)
    assert notes == ["columns that the contract does not name are ignored: x, x"]


def test_a_header_with_nul_characters_is_refused_with_the_likely_cause() -> None:
    with pytest.raises(FileRefused, match=r"input\.encoding: utf-16"):
        header_names("I\0n\0")


def test_a_header_with_an_open_quote_is_refused() -> None:
    with pytest.raises(FileRefused, match="not valid CSV"):
        header_names('InvoiceNo,"UnitPrice')


def test_a_reason_lists_the_first_twenty_columns_only() -> None:
    with pytest.raises(FileRefused) as refusal:
        positions([f"c{number}" for number in range(5000)], COLUMNS)
    assert "c19 and 4980 more" in refusal.value.reason


def test_a_header_that_differs_only_in_case_from_a_column_is_another_one() -> None:
    assert positions(["country", "Country"], {"Country": Column(type="text")}) == {"Country": 1}
