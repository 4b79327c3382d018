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
    assert read.metric == "mae"
    assert read.sql_files == ("features.sql", "target.sql")
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
        contract | {"split": {"by": "cutoffs", "column": "day"}}
    )


def test_a_time_column_that_is_no_timestamp_is_refused(contract: dict[str, Any]) -> None:
    assert "split.column 'price' must be of type timestamp" in faults(
        contract | {"split": {"by": "cutoffs", "column": "price"}}
    )


@pytest.mark.parametrize(
    ("part", "value", "field"),
    [
        ("split", {"column": "at", "by": "chance"}, "split"),
        ("input", {"columns": {}}, "input.columns"),
        ("target", {"duration": "days", "horizon_days": 0}, "target.events.horizon_days"),
        ("gate", {"metric": "auc"}, "gate.metric"),
        ("gate", {"floors": {"f2": 0.5}}, "gate.floors.f2"),
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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target": {"column": "failed"}}, "target.positive is for task binary, and needed there"),
        ({"target": {"column": "fails", "positive": "true"}}, "did you mean 'failed'?"),
        ({"task": "regression", "target": {"column": "failed"}}, "needs a target of type number or integer"),
        ({"task": "multiclass", "target": {"column": "speed"}}, "needs a target of type text, integer or boolean"),
        ({"features": "features.sql"}, "takes the columns as they are; leave out features"),
        ({"gate": {"metric": "mae"}}, "gate.metric: mae is no metric of task binary; it has pr_auc"),
        ({"split": {"by": "cutoffs", "column": "speed"}}, "needs target: {column: …} and split: {by: random}"),
        ({"entity": "failed"}, "cannot be the entity"),
        ({"task": "time_to_event"}, "task time_to_event needs an entity"),
    ],
)
def test_a_table_whose_parts_do_not_fit_together_is_refused(
    table: dict[str, Any], change: dict[str, Any], told: str
) -> None:
    assert told in faults(table | change)


def test_a_snapshot_cannot_have_a_key(table: dict[str, Any]) -> None:
    table["input"] |= {"arrives": "replace", "key": ["speed"]}
    assert "key is for arrives: append" in faults(table)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"type": "text", "min": 3}, "min is for columns of type integer, number or timestamp"),
        ({"type": "number", "formats": ["%Y"]}, "formats is for columns of type timestamp"),
        ({"type": "number", "allowed": ["1"]}, "allowed is for columns of type text or integer"),
        ({"type": "timestamp", "max": 7}, "are each a date, not 7"),
    ],
)
def test_a_columns_rule_that_does_not_fit_its_type_is_refused(
    table: dict[str, Any], column: dict[str, Any], told: str
) -> None:
    table["input"]["columns"]["more"] = column
    assert told in faults(table)


@pytest.mark.parametrize("part", [{"slices": {"sped": 0.1}}, {"trusted": ["sped"]}])
def test_the_gate_can_look_at_columns_only_that_there_are(table: dict[str, Any], part: dict[str, Any]) -> None:
    (place,) = part
    told = faults(table | {"gate": part})
    assert f"gate.{place} is 'sped', which input.columns does not declare; did you mean 'speed'?" in told
    known = {"slices": {"speed": 0.1}} if place == "slices" else {"trusted": ["speed"]}
    assert Contract.model_validate(table | {"gate": known}).gate.model_dump(include={place}) == {
        place: {"speed": 0.1} if place == "slices" else ("speed",)
    }


def test_the_target_makes_no_slices_and_is_no_leak(table: dict[str, Any]) -> None:
    assert "gate.slices: 'failed' is the entity, the time column or the target" in faults(
        table | {"gate": {"slices": {"failed": 0.1}}}
    )
    assert "gate.trusted: 'failed' is no feature" in faults(table | {"gate": {"trusted": ["failed"]}})


def test_a_column_that_is_no_feature_may_make_slices_and_needs_no_trust(table: dict[str, Any]) -> None:
    table["input"]["columns"]["region"] = {"type": "text", "feature": False}
    assert Contract.model_validate(table | {"gate": {"slices": {"region": 0.1}}})
    assert "gate.trusted: 'region' is no feature" in faults(table | {"gate": {"trusted": ["region"]}})


def test_the_columns_of_an_event_logs_query_are_known_when_it_runs(contract: dict[str, Any]) -> None:
    contract["gate"] = {"slices": {"country": 0.1}, "trusted": ["recency"]}
    assert Contract.model_validate(contract).gate.trusted == ("recency",)


def test_a_tolerance_below_zero_is_refused(table: dict[str, Any]) -> None:
    for share in (-0.1, 10):  # ten per cent is 0.1: a guard of 10 would never speak
        assert "gate.slices.speed" in faults(table | {"gate": {"slices": {"speed": share}}})
