"""One deployment, driven by hand: the real functions over moto, the workflow by its definition, time at our will."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from evergreen.approval import Decision
from evergreen.layout import RunLayout
from evergreen.runs import dataset_of
from evergreen.stores.approvals import Approvals
from local.unfinished import unfinished
from tests.faults.execution import STATES, Execution, TaskFailed
from tests.faults.jobs import Jobs
from tests.faults.seam import Died, Fault, Seam
from tests.faults.snapshot import Backends, Snapshot
from tests.faults.yields import measure
from tests.integration.functions.conftest import Context
from tests.integration.functions.world import World

APPROVED, TUNED, PACED, TAUGHT, WATCHED = (
    "approved",
    "tuned",
    "paced",
    "taught",
    "watched",
)  # data sets whose contracts say so
SOON = timedelta(hours=1)  # timers that come before it hold runs back; later ones are of leases
RECEIVES = 5  # of one message, until it is a dead letter
INVOKES = 3  # of a function for one event, until it is lost
FUNCTIONS = tuple(name for name in STATES if STATES[name].get("Resource", "").startswith("arn:aws:states:::lambda"))
OF_THE_IMAGE = ("CollectSamples", "LogScores", "PrepareSmallData")  # functions whose code is the container's


@dataclass
class Trouble:
    """What goes wrong in one state of one run; the matrix fills it in."""

    run_id: str
    state: str
    enter: Callable[[Execution], Fault | None] = lambda _: None  # may raise TaskFailed
    leave: Callable[[Execution], None] = lambda _: None  # the work is done; may raise TaskFailed
    died_as: str = "Runtime.ExitError"


@dataclass(frozen=True)
class Point:
    """A deployment at one moment."""

    snapshot: Snapshot
    executions: dict[str, Execution]
    job_names: frozenset[str]


@dataclass
class Deployment:
    """What the cells do with it, in few words."""

    world: World
    seam: Seam
    backends: Backends
    jobs: Jobs
    handlers: dict[str, Any]
    executions: dict[str, Execution] = field(default_factory=dict)
    trouble: Trouble | None = None
    told: list[dict[str, Any]] = field(default_factory=list)  # every event so far
    dead_letters: list[dict[str, Any]] = field(default_factory=list)
    deaf: bool = False  # the events of ended executions are lost
    down: bool = False  # the whole cloud is
    within: int = 0  # how many attempts stand still, while others go on
    calls: dict[str, list[str]] = field(default_factory=dict)  # of the last attempt at each state
    asked: list[str] = field(default_factory=list)  # functions that others have invoked, and not waited for

    def module(self, folder: str) -> Any:
        """A function's handler module, as it runs here."""
        return sys.modules[f"functions.{folder}.handler"]

    # what happens

    def drop(self, dataset: str, name: str, text: str = "good", size: int | None = None) -> dict[str, Any]:
        """Put a file and return its event, which is not delivered yet."""
        number = len(self.backends.objects)
        event = self.world.drop(f"incoming/{dataset}/{name}.csv", text, at=f"2026-03-02T08:00:00.{number:06d}Z")
        if size:
            event["detail"]["object"]["size"] = size
        return event

    def deliver(self, event: dict[str, Any], faults: Iterator[Fault | None] | None = None) -> None:
        """As the queue does: again until Dispatch takes it; after five times it is a dead letter."""
        record = {"messageId": "m", "body": json.dumps(event), "eventSource": "aws:sqs", "receiptHandle": "r"}
        for _ in range(RECEIVES):
            with self.seam.attempt(next(faults, None) if faults else None) as self.calls["Dispatch"]:
                try:
                    if self.within:  # Powertools' batches are one at a time in a process
                        self.module("dispatch").dispatcher.take(event)
                        return
                    answer = self.handlers["Dispatch"]({"Records": [record]}, Context())
                except Died:
                    if self.down:
                        return
                    continue
                except Exception:  # Powertools raises when the whole batch failed
                    continue
                if not answer["batchItemFailures"] and not self.seam.dead:
                    return
        self.dead_letters.append(event)

    def look(self, measured: dict[str, Any], faults: Iterator[Fault | None] | None = None) -> None:
        """As a rule does: WatchYield gets the event of a measure, again after an error; then it is lost."""
        for _ in range(INVOKES):
            with self.seam.attempt(next(faults, None) if faults else None) as self.calls["WatchYield"]:
                try:
                    self.handlers["WatchYield"](measured, Context())
                except (Died, Exception):
                    continue
                if not self.seam.dead:
                    return

    def advance(self, execution: Execution, to: str | None = None) -> None:
        """Step until the execution enters a state, or ends; its event is then delivered."""
        while execution.status == "RUNNING" and (execution.state != to or execution.attempt):
            execution.step(self.perform)
        if execution.status != "RUNNING":
            self.end(execution)

    def restart(self, *undelivered: dict[str, Any]) -> None:
        """The laptop cloud is started again with what its state directory kept: messages, but no executions or jobs."""
        self.down = False
        self.backends.executions.clear()
        self.jobs.names.clear()
        found = dict(unfinished(boto3.client("dynamodb"), self.world.aws.registry.name))
        lost = {run_id: self.executions.pop(run_id) for run_id in found if run_id in self.executions}
        for event in (*undelivered, *found.values()):
            self.deliver(event)
        self.running()  # which knows those that were started anew
        self.executions = lost | self.executions

    def end(self, execution: Execution) -> None:
        """Step Functions notes the end and sends its event."""
        next(each for each in self.backends.executions if each.name == execution.name).status = execution.status
        if execution.given["dataset"] == WATCHED:
            measure(self.world, WATCHED)
        if not (self.deaf or self.down):
            self.deliver(self.ended(execution))

    def ended(self, execution: Execution) -> dict[str, Any]:
        return self.world.ended(execution.name, execution.status)

    def running(self) -> list[Execution]:
        """What runs now, by the order of the starts."""
        for each in self.backends.executions:
            if each.name not in self.executions:
                self.executions[each.name] = Execution(each.name, json.loads(each.execution_input))
        return [each for each in self.executions.values() if each.status == "RUNNING"]

    def run_all(self, but: Execution | None = None) -> None:
        """Run until nothing runs any more and no timer will start anything soon."""
        for _ in range(10):
            waiting = [each for each in self.running() if each is not but]
            wakes = [] if waiting else self.wakes()
            if not waiting and not wakes:
                return
            for each in waiting:
                self.advance(each)
            for event in wakes:
                self.deliver(event)
        raise AssertionError("runs without end")

    def wakes(self) -> list[dict[str, Any]]:
        """The events of the timers that come soon, which are then no more."""
        events = {name: json.loads(each.target["Input"]) for name, each in self.backends.timers.items()}
        soon = {name: event for name, event in events.items() if _comes_soon(event)}
        for name in soon:
            del self.backends.timers[name]
        return list(soon.values())

    def expire(self, dataset: str) -> None:
        """Time passes, past the lease of whoever holds it."""
        lease = self.backends.plain("registry")[f"DATASET#{dataset}"].get("LEASE")
        if lease and "expires_at" in lease.attrs:
            self.world.aws.registry.update_item(
                Key={"pk": f"DATASET#{dataset}", "sk": "LEASE"},
                UpdateExpression="SET expires_at = :past",
                ExpressionAttributeValues={":past": 1},
            )

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What happens inside is another process's doing, and no part of the attempt under test."""
        trouble, self.trouble = self.trouble, None
        self.within += 1
        dead, calls, fault = self.seam.dead, self.seam.calls, self.seam.fault
        self.seam.dead, self.seam.calls, self.seam.fault = False, None, None
        try:
            yield
        finally:
            self.trouble = trouble
            self.within -= 1
            self.seam.dead, self.seam.calls, self.seam.fault = dead, calls, fault

    # the services

    def perform(self, execution: Execution, state: str, parameters: dict[str, Any]) -> Any:
        """One attempt at one Task."""
        trouble = self.trouble
        hit = trouble is not None and (trouble.run_id, trouble.state) == (execution.name, state)
        fault = trouble.enter(execution) if trouble and hit else None
        if execution.status != "RUNNING":
            return None
        result = self._serve(execution, state, parameters, fault, trouble.died_as if trouble and hit else "")
        if trouble and hit:
            trouble.leave(execution)
        return result

    def _serve(
        self, execution: Execution, state: str, parameters: dict[str, Any], fault: Fault | None, died_as: str
    ) -> Any:
        served = STATES[state].get("ItemReader", STATES[state])
        service = served["Resource"].removeprefix("arn:aws:states:::").split(":", 1)[1]
        run_id, dataset = execution.name, dataset_of(execution.name)
        if service in ("s3:getObject", "getObject"):
            return {"Body": self.world.aws.text(parameters["Key"])}
        if not service.startswith("invoke"):
            return self.jobs.run(service, parameters, run_id, dataset)
        if state in OF_THE_IMAGE:
            work = {
                "CollectSamples": self.jobs.collect,
                "LogScores": self.jobs.log_scores,
                "PrepareSmallData": self.jobs.prepare,
            }
            return {"Payload": work[state](RunLayout(dataset, run_id))}
        answer = self._invoke(state, parameters["Payload"], fault, died_as)
        if service == "invoke.waitForTaskToken":
            return self._approve(run_id, parameters["Payload"]["token"])
        return {"Payload": answer}

    def _invoke(self, state: str, payload: Any, fault: Fault | None, died_as: str) -> Any:
        with self.seam.attempt(fault) as self.calls[state]:
            try:
                answer = json.loads(json.dumps(self.handlers[state](json.loads(json.dumps(payload)), Context())))
            except Died:
                raise TaskFailed(died_as) from None
            except Exception as error:
                if self.seam.dead:
                    raise TaskFailed(died_as) from None
                told = {"errorMessage": str(error), "errorType": type(error).__name__}
                raise TaskFailed(type(error).__name__, json.dumps(told)) from error
            if self.seam.dead:
                raise TaskFailed(died_as)
            return answer

    def _approve(self, run_id: str, token: str) -> dict[str, Any]:
        """A person says yes, by the newest token."""
        approvals = Approvals(self.world.aws.registry)
        found = approvals.of(run_id)
        assert found
        assert found.request.token == token, "the run would wait for an answer that nobody can give"
        now = datetime.now(UTC).isoformat()
        return approvals.decide(run_id, Decision(approved=True, reason="good", at=now, by="ann")).model_dump()

    # moments

    def point(self) -> Point:
        executions = {name: each.copied() for name, each in self.executions.items()}
        return Point(Snapshot.of(self.backends), executions, frozenset(self.jobs.names))

    def restore(self, point: Point) -> None:
        point.snapshot.restore(self.backends)
        self.executions = {name: each.copied() for name, each in point.executions.items()}
        self.jobs.names, self.jobs.losing = set(point.job_names), set()
        self.trouble, self.dead_letters, self.within = None, [], 0
        self.deaf = self.down = False
        self.asked.clear()
        self.seam.dead, self.seam.calls, self.seam.fault = False, None, None


def _comes_soon(event: dict[str, Any]) -> bool:
    return datetime.fromisoformat(event["time"]) < datetime.now(UTC) + SOON
