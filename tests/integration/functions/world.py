"""One deployment in moto: its ledger, leases, runs and workflow, and the events that reach it."""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import boto3

from evergreen.arrivals import Arrival, arrival_of
from evergreen.contract import Contract
from evergreen.contract_file import read_datasets
from evergreen.contracts import Contracts
from evergreen.stores.alarm_states import AlarmStates
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endings import Endings
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.holdbacks import Holdbacks
from evergreen.stores.leases import Leases
from evergreen.stores.notices import Notices
from evergreen.stores.outbox import Outbox
from evergreen.stores.registry import Registry
from evergreen.stores.requests import Requests
from evergreen.stores.runs import RunRecords
from evergreen.stores.task_tokens import TaskTokens
from evergreen.stores.timers import Timers, TimerTarget
from evergreen.stores.unlearned import UnlearnedSources
from evergreen.stores.workflows import Workflows
from evergreen.training import Training
from functions.dispatch.admission import Admission
from functions.dispatch.alarms import Alarms
from functions.dispatch.answers import Answers
from functions.dispatch.dispatcher import Dispatcher
from functions.pin_inputs.pinning import Pinning
from tests.integration.stores.aws import BUCKET, EVENT_BUS, Account

ROOT = Path(__file__).resolve().parents[3]
DATASET = "next_purchase"
T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/retrain"


class Died(BaseException):
    """The function's process ended, as when Lambda takes it down."""


@dataclass
class World:
    """What the tests do with a deployment, in few words."""

    aws: Account
    contracts: Contracts
    machine_arn: str
    sfn: Any
    sns: Any
    events: Any
    scheduler: Any
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    dropped: int = 0

    @classmethod
    def of(cls, aws: Account) -> "World":
        sfn = boto3.client("stepfunctions")
        definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
        arn = sfn.create_state_machine(name="retrain", definition=json.dumps(definition), roleArn=ROLE)[
            "stateMachineArn"
        ]
        sns, events = boto3.client("sns"), boto3.client("events")
        return cls(aws, read_datasets(ROOT / "datasets"), arn, sfn, sns, events, _scheduler())

    # the deployment's parts

    @property
    def ledger(self) -> ArrivalsLedger:
        return ArrivalsLedger(self.aws.registry)

    @property
    def runs(self) -> RunRecords:
        return RunRecords(self.aws.registry)

    @property
    def leases(self) -> Leases:
        return Leases(self.aws.registry, timedelta(hours=7))

    @property
    def registry(self) -> Registry:
        return Registry(self.aws.registry)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.aws.registry)

    @property
    def announcements(self) -> Announcements:
        return Announcements.of(self.aws.registry, EVENT_BUS)

    @property
    def files(self) -> Files:
        return Files(self.aws.s3, BUCKET)

    @property
    def dispatcher(self) -> Dispatcher:
        notices = Notices(self.sns, self.aws.topic_arn)
        return Dispatcher(
            contracts=self.contracts,
            ledger=self.ledger,
            leases=self.leases,
            runs=self.runs,
            endings=Endings(
                self.ledger, self.runs, self.registry, notices, self.outbox, announcements=self.announcements
            ),
            workflows=Workflows(self.sfn, self.machine_arn),
            timers=self.timers,
            admission=Admission(
                self.contracts,
                self.ledger,
                self.runs,
                self.files,
                notices,
                Holdbacks(self.aws.registry),
                self.timers,
                self.alarms,
            ),
            registry=self.registry,
            requests=Requests(self.events, self.machine_arn),
            answers=Answers(TaskTokens(self.aws.registry, self.sfn), self.runs),
            alarms=self.alarms,
            clock=self.clock,
        )

    @property
    def alarms(self) -> Alarms:
        notices, states = Notices(self.sns, self.aws.topic_arn), AlarmStates(self.aws.registry)
        return Alarms(self.contracts, states, self.ledger, self.runs, self.registry, notices, self.timers, self.files)

    @property
    def timers(self) -> Timers:
        return Timers(self.scheduler, TimerTarget("wakes", "arn:aws:sqs:r:1:q", "arn:aws:sqs:r:1:d", ROLE))

    @property
    def pinning(self) -> Pinning:
        unlearned = UnlearnedSources(self.aws.registry)
        endpoints = EndpointRecords(self.aws.registry)
        return Pinning(self.contracts, self.ledger, self.runs, self.registry, unlearned, endpoints, self.files)

    # what happens

    def drop(self, key: str, text: str = "a,b\n1,2\n", at: str = "2026-03-02T08:15:04Z") -> dict[str, Any]:
        """Put an object and return the event that S3 would send."""
        version = self.aws.put(key, text)
        event = sample("object-dropped") | {"time": at}
        event["detail"]["bucket"]["name"] = BUCKET
        self.dropped += 1
        described = {"key": key, "version-id": version, "size": len(text), "sequencer": f"{self.dropped:X}"}
        event["detail"]["object"] |= {**described, "etag": hashlib.md5(text.encode()).hexdigest()}
        return event

    def drop_manifest(self, batch: str, **files: str) -> dict[str, Any]:
        """Write the manifest of a batch whose files have these texts, by name without `.csv`."""
        described = [
            {"name": f"{name}.csv", "size": len(text), "etag": hashlib.md5(text.encode()).hexdigest()}
            for name, text in files.items()
        ]
        return self.drop(f"incoming/{DATASET}/{batch}/manifest.json", json.dumps({"files": described}))

    def states(self, **changed: Any) -> None:
        """Have the data set's contract say something else."""
        folders = {dataset: self.contracts[dataset] for dataset in self.contracts.ids}
        said = folders[DATASET].contract.model_dump(by_alias=True, exclude_none=True)
        contract = Contract.model_validate({**said, **changed})
        folders[DATASET] = folders[DATASET].model_copy(update={"contract": contract})
        self.contracts = Contracts(folders)

    def passes(self, **span: float) -> None:
        """Let time pass, and whatever timer is due fire."""
        now = self.clock() + timedelta(**span)
        self.clock = lambda: now
        for event in self.timers_fire():
            self.dispatcher.take(event)

    def timers_fire(self) -> list[dict[str, Any]]:
        """The events of every timer that is due, which are then no more."""
        fired = []
        for each in self.scheduler.list_schedules(GroupName="wakes")["Schedules"]:
            found = self.scheduler.get_schedule(GroupName="wakes", Name=each["Name"])
            event = json.loads(found["Target"]["Input"])
            if datetime.fromisoformat(event["time"]) <= self.clock():
                self.scheduler.delete_schedule(GroupName="wakes", Name=each["Name"])
                fired.append(event)
        return fired

    def stop(self, run_id: str) -> None:
        """Abort an execution, whose status event is lost."""
        arn = self.machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"
        self.sfn.stop_execution(executionArn=arn)
        while self.sfn.describe_execution(executionArn=arn)["status"] == "RUNNING":  # moto stops it in a thread
            time.sleep(0.01)

    def ended(self, run_id: str, status: str) -> dict[str, Any]:
        """The event that Step Functions would send."""
        event = sample("run-ended")
        event["detail"] |= {"name": run_id, "status": status}
        return event

    def run(self, *keys: str) -> tuple[str, list[Arrival]]:
        """Drop objects and start the one run that takes them all."""
        arrivals = [self._recorded(self.drop(key, f"rows of {key}")) for key in keys]
        lease = self.leases.take(DATASET, [each.arrival_id for each in arrivals], datetime.now(UTC))
        assert lease
        self.runs.create(lease.run_id, status="RUNNING", fence=lease.fence, arrival_ids=list(lease.arrival_ids))
        return lease.run_id, arrivals

    def _recorded(self, event: dict[str, Any]) -> Arrival:
        arrival = arrival_of(event, self.contracts.ids)
        assert isinstance(arrival, Arrival)
        self.ledger.record(arrival)
        return arrival

    # what is seen

    def started(self) -> list[str]:
        """The names of the executions, in the order in which they were started."""
        found = self.sfn.list_executions(stateMachineArn=self.machine_arn)["executions"]
        return sorted(each["name"] for each in found)

    def input_of(self, run_id: str) -> dict[str, Any]:
        arn = self.machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"
        given: dict[str, Any] = json.loads(self.sfn.describe_execution(executionArn=arn)["input"])
        return given

    def state(self, arrival_id: str, dataset: str = DATASET) -> dict[str, Any]:
        key = {"pk": f"DATASET#{dataset}", "sk": f"ARRIVAL#{arrival_id}"}
        return dict(self.aws.registry.get_item(Key=key)["Item"])

    def arrivals_of(self, run_id: str) -> list[str]:
        """The keys of the objects that a run takes."""
        run = self.runs.get(run_id)
        assert run
        return [each.key or "" for each in self.ledger.get(DATASET, run["arrival_ids"])]

    def dies_at(self, call: int, moment: str) -> Callable[[], None]:
        """Let the process end `before-call` or `after-call` of its n-th call to AWS; returns what undoes that."""
        of_aws = (self.aws.s3, self.sfn, self.sns, self.events, self.scheduler)
        clients, calls = (self.aws.registry.meta.client, *of_aws), [0]

        def die(**_: Any) -> None:
            if current_thread() is not main_thread():
                return  # of a copy in parts, which S3 undoes itself
            calls[0] += 1
            if calls[0] == call:
                raise Died

        for client in clients:
            client.meta.events.register(moment, die)

        def live() -> None:
            for client in clients:
                client.meta.events.unregister(moment, die)

        return live


def _scheduler() -> Any:
    scheduler = boto3.client("scheduler")
    with suppress(scheduler.exceptions.ConflictException):
        scheduler.create_schedule_group(Name="wakes")
    return scheduler


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.sample.json").read_text())
    return event


def tuned(world: World, **tune: Any) -> World:
    """The same world with a data set whose hyperparameters are searched."""
    folder = world.contracts[DATASET]
    asked = {"ranges": {"max_depth": {"min": 2, "max": 8}, "eta": {"min": 0.01, "max": 0.3, "scale": "log"}}, **tune}
    training = Training.model_validate({"tune": asked})
    contract = folder.contract.model_copy(update={"training": training})
    folders = {DATASET: folder.model_copy(update={"contract": contract})}
    return replace(world, contracts=Contracts(folders))
