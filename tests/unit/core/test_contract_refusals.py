"""What a dataset.yaml must not say, for it would crash, hang, lose rows or leak the target."""

import time
from pathlib import Path

import pytest

from evergreen.column_names import MOST_COLUMNS, free_name
from evergreen.columns import Column, Input
from evergreen.contract_file import MOST_FAULTS, read_folder
from tests.unit.core.test_contract_errors import GOOD, folder, told

__all__ = ["folder"]  # the fixture
TARGET = 'target: {column: failed, positive: "1"}'
NINE = 9


@pytest.mark.parametrize("name", ["file_index", "File_Row_Number", "FILENAME"])
def test_a_name_that_duckdb_keeps_for_itself_is_refused_with_the_alias_to_write(folder: Path, name: str) -> None:
    (fault,) = told(folder, GOOD.replace("price", name))
    assert f"column {name!r} has a name that DuckDB keeps for itself" in fault
    assert f"`{name}_: {{…, aliases: [{name}]}}`" in fault


def test_a_reserved_name_may_be_an_alias(folder: Path) -> None:
    (folder / "dataset.yaml").write_text(GOOD.replace("price: {", "file_index_: {aliases: [file_index], "))
    assert read_folder(folder).contract.input.columns["file_index_"].aliases == ("file_index",)


def test_another_name_is_one_that_no_column_has() -> None:
    assert free_name("File_Index", ["File_Index", "FILE_INDEX_"]) == "File_Index__"


@pytest.mark.parametrize("alias", ["failed", "FAILED"])
def test_an_alias_that_is_another_columns_name_is_refused_with_both(folder: Path, alias: str) -> None:
    (fault,) = told(folder, GOOD.replace("type: number", f"type: number, aliases: [{alias}]"))
    assert f"columns 'failed' and 'price' both go by '{alias}'" in fault


def test_an_alias_of_two_columns_is_refused_with_both(folder: Path) -> None:
    text = GOOD.replace("type: number", "type: number, aliases: [x]").replace("integer", "integer, aliases: [X]")
    (fault,) = told(folder, text)
    assert "columns 'price' and 'failed' both go by 'X'" in fault


def test_an_alias_may_be_the_columns_own_name_in_other_case() -> None:
    Input(columns={"Price": Column(type="number", aliases=("price", "PRICE"))})


@pytest.mark.parametrize("given", ["5", "[column]", "null", "text"])
@pytest.mark.parametrize("part", [TARGET, "split: {by: random}"])
def test_a_target_or_split_that_is_no_mapping_is_told_in_words(folder: Path, part: str, given: str) -> None:
    key = part.split(":", maxsplit=1)[0]
    (fault,) = told(folder, GOOD.replace(part, f"{key}: {given}"))
    assert f": {key}: " in fault
    assert "is not a mapping of keys to values" in fault


@pytest.mark.parametrize("link", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_that_stand_for_billions_of_values_are_refused_at_once(folder: Path, link: str) -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {link.format(','.join([f'*a{n - 1}'] * NINE))}" for n in range(1, 2 * NINE)]
    began = time.perf_counter()
    (fault,) = told(folder, "\n".join([*lines, GOOD]))
    assert "aliases (*name) stand for more than 10,000 values" in fault
    assert time.perf_counter() - began < 5


def test_a_few_aliases_are_fine(folder: Path) -> None:
    text = GOOD.replace("price: {type: number}", "price: &p {type: number}\n    cost: *p\n    sum: *p")
    (folder / "dataset.yaml").write_text(text)
    assert list(read_folder(folder).contract.input.columns) == ["price", "cost", "sum", "failed"]


def test_of_many_faults_the_first_are_listed_and_the_rest_counted(folder: Path) -> None:
    wrong = "".join(f"    c{n}: {{type: nmber}}\n" for n in range(MOST_FAULTS + 20))
    faults = told(folder, GOOD.replace("    price: {type: number}\n", wrong))
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1] == ": … and 20 more faults"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/hostname", ".hidden", "a/b.sql", "..", "a\\\\b", "a\\0"])
def test_a_file_elsewhere_is_no_file_of_a_contract(folder: Path, name: str) -> None:
    event = f'target: {{sql: "{name}", duration: days, horizon_days: 9}}\nfeatures: "{name}"'
    faults = told(folder, GOOD.replace(TARGET, event))
    for place in ("target.sql", "features"):
        fault = next(each for each in faults if f": {place}: " in each)
        assert "must be the plain name of a file beside dataset.yaml" in fault


@pytest.mark.parametrize("bound", ["min: .nan", "max: .inf", "min: -.inf"])
@pytest.mark.parametrize("kind", ["number", "integer", "timestamp"])
def test_a_bound_that_is_no_finite_number_is_refused(folder: Path, kind: str, bound: str) -> None:
    faults = told(folder, GOOD.replace("type: number", f"type: {kind}, {bound}"))
    assert any(": input.columns.price: min and max are each a finite number" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "'' is empty"),
        (" price", "has blanks at an end"),
        ("price\\u00a0", "has blanks at an end"),
        ("pri\\0ce", "holds a control character"),
        ("pri\\nce", "holds a control character"),
    ],
)
def test_a_name_that_no_header_can_have_is_refused_as_a_column_and_as_an_alias(
    folder: Path, name: str, words: str
) -> None:
    (fault,) = told(folder, GOOD.replace("price", f'"{name}"'))
    assert ": input: column '" in fault
    assert words in fault
    (fault,) = told(folder, GOOD.replace("type: number", f'type: number, aliases: ["{name}"]'))
    assert "alias of column 'price': " in fault
    assert words in fault


def test_more_columns_than_a_contract_takes_are_refused_with_both_numbers(folder: Path) -> None:
    many = "".join(f"    c{n}: {{type: number}}\n" for n in range(MOST_COLUMNS))
    (fault,) = told(folder, GOOD.replace("    price: {type: number}\n", many))
    assert "input.columns: are 2,001, and the most is 2,000: leave out those that nobody needs" in fault
