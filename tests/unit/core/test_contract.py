from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.contract import Contract


def faults(contract: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        Contract.model_validate(contract)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in refused.value.errors())


def test_a_contract_needs_no_more_than_data_entity_target_and_time(contract: dict[str, Any]) -> None:
    read = Contract.model_validate(contract)
    assert read.gate.metric == "mae"
    assert (read.features, read.target.sql) == ("features.sql", "target.sql")
    assert read.observed_yield is None


@pytest.mark.parametrize(
    "id_", ["Orders", "1orders", "orders_", "or__ders", "orders-daily", "o" * 31, "orders/daily", ""]
)
def test_an_id_that_cannot_name_a_folder_a_key_and_a_job_is_refused(contract: dict[str, Any], id_: str) -> None:
    assert faults(contract | {"id": id_}).startswith("id:")


def test_a_key_that_no_contract_has_is_refused_where_it_stands(contract: dict[str, Any]) -> None:
    contract["gate"] = {"min_improvment": 0.02}
    assert faults(contract) == "gate.min_improvment: Extra inputs are not permitted"


def test_an_entity_that_is_no_column_is_refused(contract: dict[str, Any]) -> None:
    assert "entity is 'client', which input.columns does not declare" in faults(contract | {"entity": "client"})


def test_a_time_column_that_is_no_column_is_refused(contract: dict[str, Any]) -> None:
    assert "split.column is 'day', which input.columns does not declare" in faults(
        contract | {"split": {"column": "day"}}
    )


def test_a_time_column_that_is_no_timestamp_is_refused(contract: dict[str, Any]) -> None:
    assert "split.column 'price' must be of type timestamp" in faults(contract | {"split": {"column": "price"}})


@pytest.mark.parametrize(
    ("part", "value", "field"),
    [
        ("split", {"column": "at", "by": "random"}, "split.by"),
        ("input", {"columns": {}}, "input.columns"),
        ("target", {"duration": "days", "horizon_days": 0}, "target.horizon_days"),
        ("gate", {"metric": "accuracy"}, "gate.metric"),
        ("gate", {"floors": {"f1": 0.5}}, "gate.floors.f1"),
        ("yield", {"threshold": 1.5}, "yield.threshold"),
        ("training", {"algorithm": "magic"}, "training.algorithm"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_its_field(
    contract: dict[str, Any], part: str, value: dict[str, Any], field: str
) -> None:
    assert faults(contract | {part: value}).startswith(field)


def test_a_contract_is_the_same_after_being_written_down_for_a_run(contract: dict[str, Any]) -> None:
    contract |= {"yield": {"threshold": 0.7}, "gate": {"floors": {"roc_auc": 0.6}}}
    read = Contract.model_validate(contract)
    assert Contract.model_validate_json(read.model_dump_json(by_alias=True, exclude_none=True)) == read


def test_a_contract_cannot_be_changed_once_read(contract: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Contract.model_validate(contract).entity = "other"


def test_columns_that_differ_in_case_only_are_refused_by_name(contract: dict[str, Any]) -> None:
    columns = contract["input"]["columns"]
    name = next(iter(columns))
    columns[name.swapcase()] = {"type": "text"}
    assert f"{name!r} and {name.swapcase()!r} differ in case only" in faults(contract)
