import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from evergreen.contract_file import ContractInvalid, read_datasets, read_folder
from evergreen.contracts import Contracts
from evergreen.errors import UnknownDataset
from tests.unit.core.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path, contract: dict[str, Any]) -> Path:
    """`orders/`, with a contract and both of its SQL files."""
    made = tmp_path / "orders"
    made.mkdir()
    (made / "dataset.yaml").write_text(yaml.safe_dump(contract))
    (made / "features.sql").write_text("select 1")
    (made / "target.sql").write_text("select 2")
    return made


def spoil(folder: Path, **changes: Any) -> None:
    path = folder / "dataset.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def refused(folder: Path) -> str:
    with pytest.raises(ContractInvalid) as error:
        read_folder(folder)
    return str(error.value)


def test_a_folder_is_its_contract_and_the_text_of_its_sql_files(folder: Path) -> None:
    read = read_folder(folder)
    assert read.contract.id == "orders"
    assert read.sql == {"features.sql": "select 1", "target.sql": "select 2"}


def test_every_fault_is_told_with_file_and_field(folder: Path) -> None:
    spoil(folder, entity=7, split={"by": "cutoffs", "column": "at", "every_days": -1})
    assert sorted(line.split(": ", 1)[1] for line in refused(folder).splitlines()) == [
        'entity: 7 is not text; write it in quotes: "7"',
        "split.every_days: -1 should be greater than 0",
    ]


def test_an_unknown_key_is_told_with_file_and_place(folder: Path) -> None:
    spoil(folder, gates={})
    line = (folder / "dataset.yaml").read_text().splitlines().index("gates: {}") + 1
    assert refused(folder).startswith(
        f"{folder / 'dataset.yaml'}:{line}: gates: unknown key; did you mean 'gate'? Allowed: id, description, entity,"
    )


@pytest.mark.parametrize("key", ["endpoint", "teachers"])
def test_a_block_that_is_asked_for_with_nothing_behind_it_is_not_taken_for_none(folder: Path, key: str) -> None:
    spoil(folder, **{key: None})
    assert f"{key}: has nothing behind it: write {{}} for the defaults, as in `{key}: {{}}`" in refused(folder)


def test_a_machine_without_its_prefix_is_told_what_one_looks_like(folder: Path) -> None:
    spoil(folder, endpoint={"instance": {"type": "m5.large"}})
    assert "endpoint.instance.type: 'm5.large' must be SageMaker's name of a machine, like ml.m5.large" in refused(
        folder
    )


def test_a_schedule_that_is_over_is_told_where_it_stands(folder: Path) -> None:
    spoil(folder, schedule={"cron": "0 6 ? * MON 2024"})
    assert "schedule.cron: '0 6 ? * MON 2024' names only times that are past" in refused(folder)


def test_an_id_other_than_the_folders_name_is_told_with_both(folder: Path) -> None:
    spoil(folder, id="purchases")
    assert "id: is 'purchases', but the folder is 'orders'" in refused(folder)


@pytest.mark.parametrize("missing", ["features.sql", "target.sql"])
def test_a_missing_sql_file_is_told_by_name(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    assert f": names {missing!r}, which is not in {folder}" in refused(folder)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"id: [unclosed", "not valid YAML"),
        (b"", "contract: "),
        (b"- a\n- b\n", "contract: "),
        (b"id: caf\xe9", "UTF-8"),
    ],
)
def test_a_file_that_is_no_contract_at_all_is_told_by_name(folder: Path, content: bytes, fault: str) -> None:
    (folder / "dataset.yaml").write_bytes(content)
    message = refused(folder)
    assert message.startswith(f"{folder / 'dataset.yaml'}")
    assert fault in message


def test_a_data_set_is_a_folder_with_a_dataset_yaml(folder: Path) -> None:
    (folder.parent / "notes").mkdir()
    assert read_datasets(folder.parent).ids == {"orders"}


def test_the_contracts_of_a_function_are_those_it_was_bundled_with(folder: Path, tmp_path: Path) -> None:
    bundled = tmp_path / "contracts.json"
    bundled.write_bytes(read_datasets(folder.parent).to_json())
    assert Contracts.deployed(bundled)["orders"] == read_folder(folder)


def test_an_unknown_data_set_is_told_with_those_there_are(folder: Path) -> None:
    with pytest.raises(UnknownDataset, match=re.escape("no data set 'order'; there are: orders")):
        read_datasets(folder.parent)["order"]


def test_the_contracts_that_ship_are_valid() -> None:
    assert "next_purchase" in read_datasets(ROOT / "datasets").ids
