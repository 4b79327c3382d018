from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.contract import Contract
from evergreen.contract_yaml import read_yaml
from evergreen.proposal import Asked, Proposal, dataset_id, propose
from evergreen.proposal_columns import Role
from evergreen.proposal_yaml import scalar
from evergreen.survey import ColumnSurvey, Leak, Survey, TargetUnfit, task_of


def column(name: str, type: str = "number", **facts: Any) -> ColumnSurvey:
    return ColumnSurvey.model_validate({"name": name, "type": type, "missing": 0, "distinct": 50, **facts})


FAILED = column("failed", "integer", distinct=2, values=(("0", 900), ("1", 100)))


def surveyed(*columns: ColumnSurvey, task: str = "binary", **facts: Any) -> Survey:
    plain = {"rows": 1000, "malformed": 0, "delimiter": ",", "encoding": "utf-8", "decimal": "."}
    return Survey.model_validate({**plain, "columns": columns, "task": task, **facts})


def proposed(*columns: ColumnSurvey, target: str = "failed", **asked: Any) -> tuple[Contract, Proposal]:
    survey = surveyed(*columns, FAILED, **asked.pop("facts", {}))
    found = propose(survey, Asked(id="lines", file="lines.csv", target=target, **asked))
    return Contract.model_validate(read_yaml(found.text).value), found


def test_a_table_becomes_a_contract_with_every_column() -> None:
    contract, found = proposed(column("speed"), column("kind", "text", distinct=3, values=(("a", 9), ("b", 1))))
    assert list(contract.input.columns) == ["speed", "kind", "failed"]
    assert (contract.task, contract.metric, contract.split.by) == ("binary", "pr_auc", "random")
    assert contract.target.model_dump() == {"column": "failed", "positive": "1"}
    assert contract.input.arrives == "replace"
    assert found.warnings == []


def test_rules_that_may_reject_tomorrows_rows_are_comments_only() -> None:
    contract, found = proposed(column("kind", "text", distinct=2, values=(("a", 900), ("no", 100))))
    assert contract.input.columns["kind"].allowed == ()
    assert '# … with `allowed: [a, "no"]`, a row with another value is rejected' in found.text


@pytest.mark.parametrize(
    ("suspect", "why"),
    [
        (column("flag", leak=Leak(kind="alone", words="alone predicts it")), "alone predicts it: known only"),
        (column("place", "text", distinct=1, values=(("here", 1000),)), "always 'here'"),
        (column("empty", "text", distinct=0, missing=1000), "has no values"),
        (column("serial", "text", distinct=1000), "another text in every row"),
        (column("row", "integer", distinct=1000, increasing=True), "another number in every row"),
        (column("order id", "integer", distinct=1000), "another number in every row"),
        (column("remark", "text", distinct=700, missing=100), "free text"),
    ],
)
def test_what_cannot_or_must_not_be_learned_from_is_no_feature(suspect: ColumnSurvey, why: str) -> None:
    contract, found = proposed(column("speed"), suspect)
    assert not contract.input.columns[suspect.name].feature
    assert why in next(line for line in found.text.splitlines() if line.startswith(f"    {suspect.name}:"))


@pytest.mark.parametrize(
    "useful",
    [
        column("revenue", "integer", distinct=1000),
        column("kind", "text", distinct=400),
        column("half", "number", distinct=1, missing=500, values=(("1", 500),)),
    ],
)
def test_what_may_be_learned_from_is_a_feature(useful: ColumnSurvey) -> None:
    contract, _ = proposed(useful)
    assert contract.input.columns[useful.name].feature


def test_a_suspect_is_told_with_the_way_to_take_it_in() -> None:
    _, found = proposed(column("speed"), column("flag", leak=Leak(kind="alone", words="alone predicts the target")))
    (told,) = found.warnings
    assert told.startswith("'flag' alone predicts the target: probably known only afterwards")
    assert "delete its `feature: false`" in told


def test_a_name_that_sounds_of_afterwards_is_told_and_stays_a_feature() -> None:
    contract, found = proposed(column("Refund amount"))
    assert contract.input.columns["Refund amount"].feature
    assert "sounds like something known only afterwards" in found.warnings[0]


def test_entity_and_time_make_the_newest_rows_the_hold_out_and_repeated_entities_a_history() -> None:
    at = column("at", "timestamp", formats=("%Y-%m-%d",))
    contract, _ = proposed(column("unit", "text", distinct=300), at, column("speed"), entity="unit", time="at")
    assert (contract.entity, contract.time_column, contract.input.arrives) == ("unit", "at", "append")
    assert contract.input.columns["unit"].required
    assert contract.input.columns["at"].formats == ("%Y-%m-%d",)


def test_what_a_file_is_like_is_written_only_where_it_is_not_as_usual() -> None:
    contract, _ = proposed(column("speed"), facts={"delimiter": "\t", "encoding": "cp1252", "decimal": ","})
    assert (contract.input.delimiter, contract.input.encoding, contract.input.decimal) == ("\t", "cp1252", ",")
    _, plain = proposed(column("speed"))
    assert not any(key in plain.text for key in ("delimiter", "encoding", "decimal"))


def test_columns_that_could_be_entity_or_time_are_named_in_hints() -> None:
    _, found = proposed(column("serial", "text", distinct=1000), column("at", "timestamp", formats=("%Y",)))
    assert [hint.split(":")[0] for hint in found.hints] == ["Each row has its own 'serial'", "'at' holds times"]


def test_few_rows_ambiguous_dates_and_values_that_do_not_fit_are_told() -> None:
    at = column("at", "timestamp", formats=("%d/%m/%Y",), ambiguous=True)
    _, found = proposed(at, column("speed", misfits=7, misfit="NA"), facts={"rows": 100})
    told = " ".join(found.warnings)
    assert "could be day-first or month-first" in told
    assert "7 rows have a value such as 'NA' in 'speed'" in told
    assert "Only 100 rows have a target" in told


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        ((("0", 900), ("1", 100)), "1"),
        ((("1", 900), ("0", 100)), "1"),
        ((("-1", 1463), ("1", 104)), "1"),
        ((("no", 5), ("yes", 9)), "yes"),
        ((("good", 9), ("odd", 5)), "odd"),
        ((("true", 9), ("false", 5)), "true"),
    ],
)
def test_the_positive_class_is_the_one_that_says_so_or_the_rarer(values: Any, positive: str) -> None:
    text = propose(
        surveyed(column("speed"), column("y", "text", distinct=2, values=values)), Asked("lines", "f.csv", "y")
    ).text
    assert Contract.model_validate(read_yaml(text).value).target.model_dump()["positive"] == positive


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (column("y", fractions=True, distinct=5), "regression"),
        (column("y", "integer", distinct=21), "regression"),
        (column("y", "integer", distinct=20), "multiclass"),
        (column("y", "boolean", distinct=2), "binary"),
        (column("y", "text", distinct=100), "multiclass"),
    ],
)
def test_the_task_follows_from_the_target(target: ColumnSurvey, task: str) -> None:
    assert task_of(target) == task


@pytest.mark.parametrize(
    ("target", "asked", "told"),
    [
        (column("y", distinct=0), None, "has no values"),
        (column("y", distinct=1, values=(("3", 9),)), None, "is always '3'"),
        (column("y", "text", distinct=101), None, "one of at most 100 categories"),
        (column("y", "timestamp"), None, "is a time"),
        (column("y", "text", distinct=3), "regression", "regression needs numbers"),
        (column("y", "integer", distinct=3), "binary", "binary needs two"),
        (column("y", fractions=True), "multiclass", "pass --task regression"),
        (column("y"), "time_to_event", "copy datasets/next_purchase"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused_with_the_remedy(
    target: ColumnSurvey, asked: Any, told: str
) -> None:
    with pytest.raises(TargetUnfit, match=told):
        task_of(target, asked)


def test_a_time_column_without_times_is_refused() -> None:
    with pytest.raises(TargetUnfit, match="--time 'speed' holds no times, but values like '3'"):
        proposed(column("speed", values=(("3", 9),)), time="speed")


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("AI4I 2020.csv.gz", "ai4i_2020"),
        ("2024-orders.csv", "data_2024_orders"),
        ("Überschuß.csv", "uberschuss"),
        ("__.csv", "data"),
        ("a" * 40 + ".csv", "a" * 30),
        ("a" * 29 + "-b.csv", "a" * 29),
    ],
)
def test_a_files_name_becomes_an_id(name: str, id: str) -> None:
    assert dataset_id(name) == id


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_name_is_written_so_that_it_is_read_back(name: str) -> None:
    assert read_yaml(f"{{{scalar(name)}: {scalar(name)}, b: {scalar(name)}}}").value == {name: name, "b": name}
    assert read_yaml(f"{scalar(name)}: [{scalar(name)}]").value == {name: [name]}


AWKWARD = [
    "yes",
    "no",
    "null",
    "1.0",
    "007",
    "a: b",
    "# c",
    'quo"te',
    "it's",
    "日本 🙂",
    "x,y",
    "{z}",
    "[w]",
]
AWKWARD += ["<<", "-", "- d", "?", "*e", "&f", "%g", "@h", "`i`", "!j", "|", ">", "~", "a\tb", "\\", "é", "2020-01-01"]


def test_awkward_names_stay_what_they_are() -> None:
    contract, found = proposed(*map(column, AWKWARD), entity="yes", target="failed")
    assert list(contract.input.columns) == [*AWKWARD, "failed"]
    assert [part.role for part in found.parts if part.column.name == "yes"] == [Role.ENTITY]
    for name in AWKWARD:
        text = propose(surveyed(FAILED.model_copy(update={"name": name})), Asked("lines", f"{name}.csv", name)).text
        assert Contract.model_validate(read_yaml(text).value).target.model_dump()["column"] == name
