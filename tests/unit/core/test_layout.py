import pytest

from evergreen.layout import OWN_PREFIXES, RunLayout

RUN = RunLayout("next_purchase", "next-purchase-00001-3f2a9c81")
OF_THE_RUN = (
    "manifest",
    "prepare_inputs",
    "evaluate_inputs",
    "prepared",
    "report",
    "report_page",
    "summary",
    "profile",
    "models",
    "evaluation",
    "evaluation_file",
    "verdict",
    "predictions",
)


@pytest.mark.parametrize("name", OF_THE_RUN)
def test_what_belongs_to_a_run_lies_under_its_prefix(name: str) -> None:
    assert getattr(RUN, name).startswith("runs/next_purchase/next-purchase-00001-3f2a9c81/")


def test_no_two_things_of_a_run_have_the_same_key() -> None:
    keys = [getattr(RUN, name) for name in (*OF_THE_RUN, "accepted", "quarantine")]
    assert len(set(keys)) == len(keys)


def test_accepted_and_rejected_rows_of_a_run_lie_beside_those_of_other_runs() -> None:
    assert RUN.accepted == "accepted/next_purchase/next-purchase-00001-3f2a9c81"
    assert RUN.quarantine == "quarantine/next_purchase/next-purchase-00001-3f2a9c81"


def test_what_all_runs_accepted_lies_under_one_prefix() -> None:
    assert RUN.accepted.startswith(RUN.accepted_by_all_runs)
    assert not RunLayout("next_purchases", RUN.run_id).accepted.startswith(RUN.accepted_by_all_runs)


def test_whatever_a_run_writes_lies_under_a_prefix_that_is_our_own() -> None:
    written = [getattr(RUN, name) for name in (*OF_THE_RUN, "accepted", "quarantine")]
    written += [RUN.contract_file("dataset.json"), RUN.input_file(0, "a.csv")]
    assert all(key.startswith(OWN_PREFIXES) for key in written)


def test_frozen_inputs_with_the_same_name_do_not_meet() -> None:
    assert RUN.input_file(0, "a.csv") != RUN.input_file(1, "a.csv")
    assert RUN.input_file(7, "a.csv") == f"{RUN.prefix}/input/0007/a.csv"
