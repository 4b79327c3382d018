from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evergreen.contract_file import ContractInvalid, read_datasets
from evergreen.dependants import dependants_of, order_faults

Datasets = dict[str, list[str]]


def write(root: Path, table: dict[str, Any], after: Datasets) -> None:
    for name, named in after.items():
        (root / name).mkdir()
        (root / name / "dataset.yaml").write_text(yaml.safe_dump(table | {"id": name, "retrain_after": named}))


def test_who_names_a_data_set_depends_on_it(tmp_path: Path, table: dict[str, Any]) -> None:
    write(tmp_path, table, {"a": [], "b": ["a"], "c": ["a", "b"]})
    contracts = read_datasets(tmp_path)
    assert dependants_of("a", contracts) == ["b", "c"]
    assert dependants_of("b", contracts) == ["c"]
    assert dependants_of("c", contracts) == []


def test_a_name_that_is_no_data_set_is_refused_where_it_stands(tmp_path: Path, table: dict[str, Any]) -> None:
    write(tmp_path, table, {"orders": [], "b": ["ordrs"]})
    with pytest.raises(ContractInvalid, match=r"dataset.yaml:\d+: retrain_after: names 'ordrs', .* mean 'orders'\?"):
        read_datasets(tmp_path)


@pytest.mark.parametrize("after", [{"a": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["a"]}])
def test_a_circle_is_refused_in_every_contract_that_is_part_of_it(
    tmp_path: Path, table: dict[str, Any], after: Datasets
) -> None:
    write(tmp_path, table, {**after, "bystander": []})
    with pytest.raises(ContractInvalid, match="goes round in a circle") as refused:
        read_datasets(tmp_path)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(after)
    assert not [line for line in lines if "bystander" in line]


@given(st.dictionaries(st.sampled_from("abcde"), st.lists(st.sampled_from("abcdef"), max_size=3), max_size=5))
def test_what_passes_has_an_order_in_which_it_ends(after: Datasets) -> None:
    if order_faults(after):
        return
    done: set[str] = set()
    while len(done) < len(after):
        ready = {name for name, named in after.items() if name not in done and set(named) <= done}
        assert ready, after
        done |= ready


@given(st.dictionaries(st.sampled_from("abcde"), st.lists(st.sampled_from("abcde"), max_size=3), max_size=5))
def test_nothing_is_refused_without_a_cause(after: Datasets) -> None:
    def reaches(start: str, goal: str, seen: frozenset[str]) -> bool:
        steps = [name for name in after.get(start, []) if name not in seen]
        return goal in after.get(start, []) or any(reaches(name, goal, seen | {name}) for name in steps)

    wrong = order_faults(after)
    assert all(set(after[name]) - set(after) or reaches(name, name, frozenset()) for name in wrong), (
        f"{wrong} of {after}"
    )
