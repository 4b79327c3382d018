"""One deployment, driven by hand: the real functions over moto, the workflow by its definition, time at our will."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from moto.sagemaker.responses import SageMakerResponse
from pytest import MonkeyPatch

from evergreen.approval import Decision
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.gate import Gate
from evergreen.runs import dataset_of
from evergreen.stores.approvals import Approvals
from evergreen.training import Training
from local.model_packages import Shelf, operations
from tests.faults.execution import STATES, Execution, TaskFailed
from tests.faults.jobs import Jobs
from tests.faults.seam import Died, Fault, Seam
from tests.faults.snapshot import ACCOUNT, REGION, Backends, Snapshot
from tests.integration.functions.conftest import Context
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, account

APPROVED, TUNED = "approved", "tuned"  # data sets beside next_purchase, whose contracts say so
RECEIVES = 5  # of one message, until it is a dead letter
FUNCTIONS = tuple(name for name in STATES if STATES[name].get("Resource", "").startswith("arn:aws:states:::lambda"))


@dataclass
class Trouble:
    """What goes wrong in one state of one run; the matrix fills it in."""

    run_id: str
    state: str
    enter: Callable[[Execution], Fault | None] = lambda execution: None  # may raise TaskFailed
    leave: Callable[[Execution], None] = lambda execution: None  # the work is done; may raise TaskFailed
    died_as: str = "Runtime.ExitError"


@dataclass(frozen=True)
class Point:
    """A deployment at one moment."""

    snapshot: Snapshot
    executions: dict[str, Execution]
    job_names: frozenset[str]

    def __post_init__(self) -> None:
        assert all(each.status for each in self.executions.values())


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
    within: int = 0  # how many attempts stand still, while others go on
    calls: dict[str, list[str]] = field(default_factory=dict)  # of the last attempt at each state

    @property
    def dispatcher(self) -> Any:
        """Another process of Dispatch, for what happens while one stands still: Powertools' batches are one at a time."""
        return sys.modules["functions.dispatch.handler"].dispatcher

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
                    if self.within:
                        self.dispatcher.take(event)
                        return
                    answer = self.handlers["Dispatch"]({"Records": [record]}, Context())
                except Died:
                    continue
                except Exception:  # Powertools raises when the whole batch failed
                    continue
                if not answer["batchItemFailures"] and not self.seam.dead:
                    return
        self.dead_letters.append(event)

    def advance(self, execution: Execution, to: str | None = None) -> None:
        """Step until the execution enters a state, or ends; its event is then delivered."""
        while execution.status == "RUNNING" and (execution.state != to or execution.attempt):
            execution.step(self.perform)
        if execution.status != "RUNNING":
            self.end(execution)

    def end(self, execution: Execution) -> None:
        """Step Functions notes the end and sends its event."""
        next(each for each in self.backends.executions if each.name == execution.name).status = execution.status
        if not self.deaf:
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
        """Run until nothing runs any more."""
        for _ in range(10):
            waiting = [each for each in self.running() if each is not but]
            if not waiting:
                return
            for each in waiting:
                self.advance(each)
        raise AssertionError("runs without end")

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

    def perform(self, execution: Execution, state: str, parameters: dict[str, Any], scope: Any) -> Any:
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
        service = STATES[state]["Resource"].removeprefix("arn:aws:states:::").split(":", 1)[1]
        run_id, dataset = execution.name, dataset_of(execution.name)
        if service == "s3:getObject":
            return {"Body": self.world.aws.text(parameters["Key"])}
        if not service.startswith("invoke"):
            return self.jobs.run(service, parameters, run_id, dataset)
        if state == "PrepareSmallData":
            return {"Payload": self.jobs.prepare(self.layout(run_id))}
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

    def layout(self, run_id: str) -> Any:
        from evergreen.layout import RunLayout

        return RunLayout(dataset_of(run_id), run_id)

    # moments

    def point(self) -> Point:
        executions = {name: each.copied() for name, each in self.executions.items()}
        return Point(Snapshot.of(self.backends), executions, frozenset(self.jobs.names))

    def restore(self, point: Point) -> None:
        point.snapshot.restore(self.backends)
        self.executions = {name: each.copied() for name, each in point.executions.items()}
        self.jobs.names, self.jobs.losing = set(point.job_names), set()
        self.trouble, self.dead_letters, self.deaf, self.within = None, [], False, 0
        self.seam.dead, self.seam.calls, self.seam.fault = False, None, None


def data_sets(world: World) -> dict[str, DatasetFolder]:
    """The same contract thrice: as it is, with a person's approval, with hyperparameters searched."""
    folder = world.contracts[DATASET]
    contract = folder.contract
    gate = Gate.model_validate({**contract.gate.model_dump(exclude_unset=True), "approval": "manual"})
    tune = Training.model_validate({"tune": {"ranges": {"max_depth": {"min": 2, "max": 8}}}})
    changed = {APPROVED: {"gate": gate}, TUNED: {"training": tune}}
    more = {name: contract.model_copy(update={"id": name, **update}) for name, update in changed.items()}
    return {DATASET: folder} | {name: folder.model_copy(update={"contract": each}) for name, each in more.items()}


def environment(world: World) -> dict[str, str]:
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        "DATA_BUCKET": BUCKET,
        "REGISTRY_TABLE": "registry",
        "PREDICTIONS_TABLE": "predictions",
        "NOTICES_TOPIC_ARN": world.aws.topic_arn,
        "STATE_MACHINE_ARN": world.machine_arn,
        "LEASE_HOURS": "7",
        "MODEL_GROUP_PREFIX": "Evergreen",
        "GIT_COMMIT": "0123abcd",
        "IMAGE_URI": "123456789012.dkr.ecr.us-east-1.amazonaws.com/evergreen:tag",
        "MLFLOW_APP_ARN": "",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }


def modules() -> dict[str, str]:
    """Each function's handler, by the state that is named as it is."""
    named = {name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_") for name in FUNCTIONS}
    del named["PrepareSmallData"]
    return {name: f"functions.{folder}.handler" for name, folder in {**named, "Dispatch": "dispatch"}.items()}


@contextmanager
def deployed() -> Iterator[Deployment]:
    """A deployment in moto, in this process, for as long as the block lasts."""
    with account() as aws, MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        world = World.of(aws)
        world.contracts = Contracts(data_sets(world))
        for name, value in environment(world).items():
            patch.setenv(name, value)
        patch.setattr(Contracts, "deployed", lambda: world.contracts)
        shelf = Shelf(ACCOUNT, REGION)
        for name, operation in operations(shelf).items():
            patch.setattr(SageMakerResponse, name, operation, raising=False)
        for dataset in world.contracts.ids:
            name = f"Evergreen-{dataset.replace('_', '-')}"
            boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
        boto3.client("sns").unsubscribe(
            SubscriptionArn=boto3.client("sns").list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
        )
        observer = boto3.DEFAULT_SESSION
        session = boto3.Session("testing", "testing", region_name=REGION)
        boto3.DEFAULT_SESSION, seam = session, Seam(session)
        handlers = {}
        for state, module in modules().items():
            sys.modules.pop(module, None)
            handlers[state] = importlib.import_module(module).handler
        boto3.DEFAULT_SESSION = observer
        yield Deployment(world, seam, Backends(shelf, aws.topic_arn), Jobs(world.files), handlers)
        for module in modules().values():
            sys.modules.pop(module, None)
