"""Random sequences of drops, duplicates, reorderings, overwrites, crashes and clock jumps at Dispatch.

Whatever happens: one run at a time, each with something new in it, and nothing that was dropped is lost.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from evergreen.contracts import Contracts
from evergreen.ledger import OPEN, ArrivalState, LedgerEntry
from tests.integration.functions.world import DATASET, Died, World, sample
from tests.integration.stores.aws import account

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TIMEOUT = timedelta(hours=6)  # of the workflow; shorter than a lease
TABLE: dict[str, Any] = {
    "segments": {},
    "task": "regression",
    "features": None,
    "target": {"column": "Quantity"},
    "gate": {},
}
PACINGS: list[dict[str, Any]] = [
    {},
    {"quiet_period": "5m", "longest_wait": "20m"},
    {"min_interval": "2h"},
    {"max_runs_per_day": 2},
    {"quiet_period": "1m", "min_interval": "30m", "max_runs_per_day": 3},
]
_CONTRACTS: dict[tuple[int, str], Contracts] = {}


class Storm(RuleBasedStateMachine):
    """One data set's deployment, its queue, and the world around it."""

    def __init__(self) -> None:
        super().__init__()
        os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
        self.account = account()
        self.world = World.of(self.account.__enter__())
        self.now = T0
        self.world.clock = lambda: self.now
        self.queue: list[dict[str, Any]] = []
        self.delivered: list[dict[str, Any]] = []
        self.began: dict[str, datetime] = {}
        self.incomplete: set[str] = set()
        self.taken: dict[str, set[str]] = {}  # by each run
        self.count = 0

    def teardown(self) -> None:
        try:
            if self.count:
                self.everything_comes_to_rest()
                self.nothing_is_lost()
        finally:
            self.account.__exit__(None, None, None)

    @initialize(pacing=st.integers(0, len(PACINGS) - 1), arrives=st.sampled_from(["append", "replace"]))
    def deployed(self, pacing: int, arrives: Literal["append", "replace"]) -> None:
        if (pacing, arrives) not in _CONTRACTS:
            columns = self.world.contracts[DATASET].contract.input.model_dump(exclude_none=True, by_alias=True)
            stated = {"input": {**columns, "arrives": arrives}, "split": {"by": "random"}, **TABLE}
            self.world.states(**stated, runs=PACINGS[pacing])
            _CONTRACTS[pacing, arrives] = self.world.contracts
        self.world.contracts, self.arrives = _CONTRACTS[pacing, arrives], arrives

    # what the world does

    @rule(name=st.sampled_from("abc"))
    def somebody_drops_or_overwrites_a_file(self, name: str) -> None:
        self.count += 1
        self.queue.append(self.world.drop(f"incoming/{DATASET}/{name}.csv", f"rows {self.count}\n"))

    @rule(files=st.integers(1, 3), complete=st.booleans())
    def somebody_drops_a_batch(self, files: int, complete: bool) -> None:
        self.count += 1
        batch = f"batch{self.count}"
        named = {f"f{number}": f"{batch} {number}" for number in range(1 if self.arrives == "replace" else files)}
        for name, text in list(named.items())[: None if complete else -1]:
            self.queue.append(self.world.drop(f"incoming/{DATASET}/{batch}/{name}.csv", text))
        self.queue.append(self.world.drop_manifest(batch, **named))
        if not complete:
            self.incomplete.add(batch)

    @rule()
    def somebody_asks_for_a_run(self) -> None:
        self.count += 1
        event = sample("run-requested")
        event["detail"]["request_id"] = f"request {self.count}"
        self.queue.append(event)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def an_event_is_delivered(self, data: st.DataObject) -> None:
        event = self.queue.pop(data.draw(st.integers(0, len(self.queue) - 1)))
        self.world.dispatcher.take(event)
        self.delivered.append(event)

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), call=st.integers(1, 14), moment=st.sampled_from(["before-call", "after-call"]))
    def dispatch_dies_of_an_event_which_stays_in_the_queue(self, data: st.DataObject, call: int, moment: str) -> None:
        event = self.queue[data.draw(st.integers(0, len(self.queue) - 1))]
        live = self.world.dies_at(call, moment)
        try:
            self.world.dispatcher.take(event)
        except Died:
            pass
        finally:
            live()

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def an_event_is_delivered_again(self, data: st.DataObject) -> None:
        self.world.dispatcher.take(self.delivered[data.draw(st.integers(0, len(self.delivered) - 1))])

    @precondition(lambda self: self.running())
    @rule(succeeds=st.booleans(), told=st.booleans())
    def a_run_ends(self, succeeds: bool, told: bool) -> None:
        self.end(self.running()[0], "SUCCEEDED" if succeeds else "ABORTED", told)

    @rule(minutes=st.sampled_from([1, 7, 45, 130, 500]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        for run_id in self.running():
            if self.now - self.began[run_id] > TIMEOUT:
                self.end(run_id, "TIMED_OUT", told=True)
        self.queue += self.world.timers_fire()

    # what must hold

    @invariant()
    def one_run_at_a_time_and_each_with_something_new(self) -> None:
        statuses = self.executions()
        assert list(statuses.values()).count("RUNNING") <= 1
        for run_id in sorted(statuses):
            self.began.setdefault(run_id, self.now)
            if run_id not in self.taken:
                taken = set((self.world.runs.get(run_id) or {})["arrival_ids"])
                assert taken - set().union(*self.taken.values()), f"{run_id} takes only what earlier runs took"
                self.taken[run_id] = taken

    def nothing_is_lost(self) -> None:
        entries = self.world.ledger.entries(DATASET)
        recorded = {(entry.arrival.key, entry.arrival.version_id) for entry in entries}
        listed = self.world.aws.s3.list_object_versions(Bucket="evergreen-data", Prefix="incoming/")
        versions = listed.get("Versions", [])
        assert {(each["Key"], each["VersionId"]) for each in versions} <= recorded
        runs = {run["run_id"]: run for run in self.world.runs.of(DATASET) if run["run_id"] in self.executions()}
        for entry in entries:
            self.came_to_its_end(
                entry, [run for run in runs.values() if entry.arrival.arrival_id in run["arrival_ids"]]
            )
        newest = {entry.arrival.key: entry for entry in sorted(entries, key=lambda entry: entry.version)}
        for entry in newest.values():
            assert entry.state != ArrivalState.SUPERSEDED, "the newest version of a key was passed over"
        assert self.arrives == "replace" or not any(entry.state == ArrivalState.SUPERSEDED for entry in entries)

    def came_to_its_end(self, entry: LedgerEntry, runs: list[dict[str, Any]]) -> None:
        arrival = entry.arrival
        if arrival.batch in self.incomplete:
            assert entry.state in OPEN
            assert runs == []
        elif entry.state == ArrivalState.DONE:
            assert [run["status"] for run in runs].count("SUCCEEDED") == 1
            assert entry.run_id == runs[0]["run_id"]  # the newest
        else:
            assert entry.state in (ArrivalState.SUPERSEDED, ArrivalState.QUARANTINED), f"{arrival.cause}: {entry.state}"
            assert entry.reason

    # how it is found out

    def executions(self) -> dict[str, str]:
        found = self.world.sfn.list_executions(stateMachineArn=self.world.machine_arn)["executions"]
        return {str(each["name"]): str(each["status"]) for each in found}

    def running(self) -> list[str]:
        return [run_id for run_id, status in self.executions().items() if status == "RUNNING"]

    def end(self, run_id: str, status: str, told: bool) -> None:
        """As the workflow's own last states, or Step Functions, end a run."""
        if status == "SUCCEEDED":
            for arrival_id in (self.world.runs.get(run_id) or {})["arrival_ids"]:
                self.world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
            self.world.runs.note(run_id, status="SUCCEEDED")
        self.world.stop(run_id)
        if told:
            self.queue.append(self.world.ended(run_id, status))

    def everything_comes_to_rest(self) -> None:
        """Deliver what is left, let time pass and runs succeed, until nothing happens any more."""
        for last_request in (False, True):  # which takes along what failed runs left
            if last_request:
                self.somebody_asks_for_a_run()
            idle = 0
            for _ in range(200):
                while self.queue:
                    self.world.dispatcher.take(self.queue.pop(0))
                running = self.running()
                for run_id in running:
                    self.one_run_at_a_time_and_each_with_something_new()
                    self.end(run_id, "SUCCEEDED", told=True)
                self.now += timedelta(hours=8)
                self.queue += self.world.timers_fire()
                idle = 0 if running or self.queue else idle + 1
                if idle > 3:  # longer than any timer
                    break
            else:
                raise AssertionError("it never came to rest")


def storm(examples: int, steps: int) -> None:
    """Without shrinking, which takes minutes: a failure prints its own steps."""
    run_state_machine_as_test(
        Storm,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],
        ),
    )


def test_a_storm_loses_nothing_and_starts_no_needless_run() -> None:
    storm(examples=4, steps=25)


@pytest.mark.faults
def test_a_long_storm_loses_nothing_and_starts_no_needless_run() -> None:
    storm(examples=int(os.environ.get("STORMS", "300")), steps=40)
