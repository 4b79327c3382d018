import pytest
from botocore.exceptions import ClientError

from evergreen.arrivals import Arrival
from evergreen.errors import StoreUnavailable
from evergreen.stores.arrivals import ArrivalsLedger, ArrivalState
from tests.integration.stores.aws import Account, answers

DATASET, RUN = "next_purchase", "next-purchase-00001-3f2a9c81"


@pytest.fixture
def ledger(aws: Account) -> ArrivalsLedger:
    return ArrivalsLedger(aws.registry)


def arrival(
    id_: str, *, dataset: str = DATASET, at: str = "2026-03-02T08:00:00Z", version: str | None = "v1"
) -> Arrival:
    return Arrival(
        arrival_id=id_, dataset=dataset, kind="object", cause=f"{id_} was dropped", at=at, key="k", version_id=version
    )


def ids(arrivals: list[Arrival]) -> list[str]:
    return [each.arrival_id for each in arrivals]


def test_an_arrival_is_recorded_once(ledger: ArrivalsLedger) -> None:
    assert ledger.record(arrival("a"))
    assert not ledger.record(arrival("a"))
    assert ledger.waiting(DATASET) == [arrival("a")]


def test_a_redelivery_does_not_reopen_what_is_settled(ledger: ArrivalsLedger) -> None:
    ledger.record(arrival("a"))
    ledger.settle(DATASET, "a", ArrivalState.DONE, RUN)
    assert not ledger.record(arrival("a"))
    assert ledger.waiting(DATASET) == []


def test_what_failed_earlier_waits_for_something_new_and_then_goes_along(ledger: ArrivalsLedger) -> None:
    ledger.record(arrival("a"))
    ledger.settle(DATASET, "a", ArrivalState.HELD, RUN)
    assert ledger.waiting(DATASET) == []
    ledger.record(arrival("b"))
    assert ids(ledger.waiting(DATASET)) == ["a", "b"]


@pytest.mark.parametrize("state", [ArrivalState.DONE, ArrivalState.QUARANTINED])
def test_what_is_settled_is_never_taken_again(ledger: ArrivalsLedger, state: ArrivalState) -> None:
    for id_ in ("a", "b"):
        ledger.record(arrival(id_))
    ledger.settle(DATASET, "a", state, RUN)
    assert ids(ledger.waiting(DATASET)) == ["b"]
    assert ledger.open_among(DATASET, ["a", "b"]) == ["b"]


@pytest.mark.parametrize("state", [ArrivalState.HELD, ArrivalState.DONE, ArrivalState.QUARANTINED])
def test_what_the_next_run_has_settled_is_not_unsettled_by_one_that_wakes_up_late(
    ledger: ArrivalsLedger, aws: Account, state: ArrivalState
) -> None:
    ledger.record(arrival("a"))
    ledger.settle(DATASET, "a", ArrivalState.HELD, RUN)
    ledger.settle(DATASET, "a", ArrivalState.DONE, "the-next", accepted_key="accepted/a.parquet")
    ledger.settle(DATASET, "a", state, RUN, reason="late")
    item = aws.registry.get_item(Key={"pk": f"DATASET#{DATASET}", "sk": "ARRIVAL#a"})["Item"]
    assert (item["state"], item["run_id"], "reason" in item) == (ArrivalState.DONE, "the-next", False)


def test_an_arrival_of_another_data_set_waits_for_itself(ledger: ArrivalsLedger) -> None:
    ledger.record(arrival("a", dataset="line_yield"))
    assert ledger.waiting(DATASET) == []


def test_arrivals_come_oldest_first_and_only_those_asked_for(ledger: ArrivalsLedger) -> None:
    for id_, at in (("a", "2026-03-03"), ("b", "2026-03-01"), ("c", "2026-03-02")):
        ledger.record(arrival(id_, at=at))
    assert ids(ledger.get(DATASET, ["a", "b", "gone"])) == ["b", "a"]


def test_what_earlier_runs_accepted_is_known_by_its_keys(ledger: ArrivalsLedger) -> None:
    for id_ in ("b", "a", "empty", "refused", "waiting"):
        ledger.record(arrival(id_))
    ledger.settle(DATASET, "b", ArrivalState.DONE, RUN, accepted_key="accepted/b.parquet")
    ledger.settle(DATASET, "a", ArrivalState.DONE, RUN, accepted_key="accepted/a.parquet")
    ledger.settle(DATASET, "empty", ArrivalState.DONE, RUN, accepted_key=None)
    ledger.settle(DATASET, "refused", ArrivalState.QUARANTINED, RUN, reason="no header")
    assert ledger.accepted_keys(DATASET) == ["accepted/a.parquet", "accepted/b.parquet"]


def test_accepted_files_stay_in_the_order_in_which_their_run_took_them(ledger: ArrivalsLedger) -> None:
    for id_, at, run in (("z", "2026-03-01", "r-1"), ("a", "2026-03-02", "r-1"), ("b", "2026-02-01", "r-2")):
        ledger.record(arrival(id_, at=at))
        ledger.settle(DATASET, id_, ArrivalState.DONE, RUN, accepted_key=f"accepted/{run}/{id_}.parquet")
    assert ledger.accepted_keys(DATASET) == [
        "accepted/r-1/z.parquet",
        "accepted/r-1/a.parquet",
        "accepted/r-2/b.parquet",
    ]


def test_more_arrivals_than_fit_one_page_are_all_found(ledger: ArrivalsLedger) -> None:
    causes = "x" * 300_000  # four of these exceed the megabyte that DynamoDB returns at once
    for number in range(5):
        ledger.record(arrival(f"a{number}").model_copy(update={"cause": causes}))
    assert len(ledger.waiting(DATASET)) == 5


def test_settling_what_was_never_recorded_is_refused(ledger: ArrivalsLedger) -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        ledger.settle(DATASET, "ghost", ArrivalState.DONE, RUN)


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("Whatever", 503)])
def test_a_table_that_does_not_answer_now_is_worth_another_try(aws: Account, code: str, status: int) -> None:
    answers(aws.registry.meta.client, "PutItem", code=code, status=status)
    with pytest.raises(StoreUnavailable, match="record an arrival"):
        ArrivalsLedger(aws.registry).record(arrival("a"))


def test_a_call_that_can_never_work_is_not_worth_another_try(aws: Account) -> None:
    answers(aws.registry.meta.client, "PutItem", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        ArrivalsLedger(aws.registry).record(arrival("a"))


def test_what_failed_runs_left_waits_again_when_it_is_reopened(ledger: ArrivalsLedger) -> None:
    for id_ in ("held", "given-up", "refused", "done", "waiting"):
        ledger.record(arrival(id_))
    ledger.hold(DATASET, "held", "run-1", "no memory")
    for number in range(3):
        ledger.hold(DATASET, "given-up", f"run-{number}", "no memory")
    ledger.hold(DATASET, "refused", "run-1", "no memory")
    ledger.settle(DATASET, "refused", ArrivalState.QUARANTINED, "run-2", reason="no header")
    ledger.settle(DATASET, "done", ArrivalState.DONE, "run-2")
    assert [each["arrival_id"] for each in ledger.given_up(DATASET)] == ["given-up", "held"]
    reopened = {id_ for id_ in ("held", "given-up", "refused", "done", "waiting") if ledger.reopen(DATASET, id_)}
    assert reopened == {"held", "given-up"}
    assert ids(ledger.waiting(DATASET)) == ["given-up", "held", "waiting"]
    assert ledger.given_up(DATASET) == []


def test_a_reopened_arrival_is_given_up_only_after_as_many_failures_again(ledger: ArrivalsLedger) -> None:
    ledger.record(arrival("a"))
    for number in range(3):
        ledger.hold(DATASET, "a", f"run-{number}", "no memory")
    ledger.reopen(DATASET, "a")
    assert [ledger.hold(DATASET, "a", f"again-{number}", "no memory") for number in range(3)] == [True, True, False]


def test_an_unknown_arrival_is_not_reopened(ledger: ArrivalsLedger) -> None:
    assert not ledger.reopen(DATASET, "nobody")
