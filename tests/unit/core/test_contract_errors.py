from pathlib import Path

import pytest

from evergreen.contract_file import ContractInvalid, read_datasets, read_folder

GOOD = """\
id: orders
task: binary
input:
  columns:
    price: {type: number}
    failed: {type: integer}
target: {column: failed, positive: "1"}
split: {by: random}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders").mkdir()
    return tmp_path / "orders"


def told(folder: Path, text: str) -> list[str]:
    """The faults of this dataset.yaml, without the file's name."""
    path = folder / "dataset.yaml"
    path.write_text(text)
    with pytest.raises(ContractInvalid) as refused:
        read_folder(folder)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(str(path)) for line in lines)
    return [line.removeprefix(str(path)) for line in lines]


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        (
            "type: number",
            "typ: number",
            ":5: input.columns.price.typ: unknown key; did you mean 'type'? Allowed: type,",
        ),
        ("type: number", "type: nmber", ":5: input.columns.price.type: 'nmber' is not allowed; did you mean 'number'?"),
        (
            "by: random",
            "by: randon",
            ":8: split: by is 'randon'; did you mean 'random'? Allowed: cutoffs, time, random",
        ),
        ("by: random", "holdout_share: 0.2", ":8: split: by is missing; allowed: cutoffs, time, random"),
        ("by: random", "by: random, holdout: 1", ":8: split.holdout: unknown key; did you mean 'holdout_share'?"),
        ("column: failed", "column: faild", ":7: target.column: is 'faild', which input.columns does not declare; did"),
        ('"1"', "1", ':7: target.positive: 1 is not text; write it in quotes: "1"'),
        ('"1"', "yes", ':7: target.positive: yes is not text; write it in quotes: "yes"'),
        ('"1"', "Yes, postive: 2", ":7: target.postive: unknown key; did you mean 'positive'?"),
        ("type: number", "type: number, min: low", ":5: input.columns.price.min: 'low' is neither a number nor a date"),
        (
            "task: binary",
            "task: binary\ngate: {metric: rocauc}",
            ":3: gate.metric: 'rocauc' is not allowed; did you mean",
        ),
        ("task: binary", "task: binary\ngate: {metric: mae}", ":3: gate.metric: mae is no metric of task binary; it"),
        ("task: binary", "", ": task: is missing: What kind of prediction"),
        ("id: orders", "id: Orders 2", ":1: id: 'Orders 2' must be small letters"),
        ("id: orders", "id: orders\nid: orders", ":2: id: stands twice; keep one"),
        ("id: orders", "id: [orders", ": not valid YAML: "),
    ],
)
def test_a_fault_is_told_with_its_line_its_place_and_the_remedy(folder: Path, good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    assert any(fault in line for line in told(folder, GOOD.replace(good, bad)))


def test_every_fault_is_told_at_once_in_the_order_of_the_file(folder: Path) -> None:
    text = (
        GOOD.replace("type: number", "type: nmber").replace("by: random", "by: chance").replace("id: orders", "id: O")
    )
    assert [line.split(": ")[0] for line in told(folder, text)] == [":1", ":5", ":8"]


def test_a_columns_name_that_yaml_takes_for_something_else_is_its_text(folder: Path) -> None:
    (folder / "dataset.yaml").write_text(
        GOOD.replace("price:", "2008:").replace("failed:", "no:").replace("column: failed", 'column: "no"')
    )
    assert list(read_folder(folder).contract.input.columns) == ["2008", "no"]


def test_the_faults_of_all_data_sets_are_told_together(folder: Path) -> None:
    other = folder.parent / "lines"
    other.mkdir()
    (folder / "dataset.yaml").write_text(GOOD.replace("binary", "binry"))
    (other / "dataset.yaml").write_text(GOOD)
    with pytest.raises(ContractInvalid) as refused:
        read_datasets(folder.parent)
    first, second = str(refused.value).splitlines()
    assert "id: is 'orders', but the folder is 'lines'" in first
    assert "did you mean 'binary'?" in second
