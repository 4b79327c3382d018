"""Setting a deployment up in moto, in this process: the functions' handlers, their environment, the data sets."""

import importlib
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.sagemaker.responses import SageMakerResponse

from evergreen.contract import Contract
from evergreen.contract_file import read_datasets
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.endpoint import Endpoint
from evergreen.gate import Gate
from evergreen.observed_yield import Yield
from evergreen.teachers import Teachers
from evergreen.training import Training
from local.model_packages import Shelf, operations
from tests.faults.alarm_story import YIELD
from tests.faults.deployment import APPROVED, FUNCTIONS, OF_THE_IMAGE, PACED, TAUGHT, TUNED, WATCHED, Deployment
from tests.faults.jobs import Jobs
from tests.faults.seam import Seam
from tests.faults.snapshot import ACCOUNT, REGION, TOLD, Backends
from tests.integration.functions.endpoints import endpoints
from tests.integration.functions.world import DATASET, ROOT, World
from tests.integration.stores.aws import BUCKET, EVENT_BUS, account


def data_sets(world: World) -> dict[str, DatasetFolder]:
    """One contract in many ways: as it is, with a person's approval, with an endpoint and hyperparameters searched, of
    files that replace each other and wait until nothing new comes; a table's with teachers, which logs what is scored;
    and with a yield that is watched."""
    folder = world.contracts[DATASET]
    contract = folder.contract
    gate = Gate.model_validate({**contract.gate.model_dump(exclude_unset=True), "approval": "manual"})
    tune = Training.model_validate({"tune": {"ranges": {"max_depth": {"min": 2, "max": 8}}}})
    changed = {APPROVED: {"gate": gate}, TUNED: {"training": tune, "endpoint": Endpoint()}}
    more = {name: contract.model_copy(update={"id": name, **update}) for name, update in changed.items()}
    taught = {"id": TAUGHT, "gate": Gate(), "teachers": Teachers(always=True)}  # only a table has teachers
    taught["observed_yield"] = Yield(threshold=0.9, log_scores=True)
    more[TAUGHT] = read_datasets(ROOT / "datasets")["line_yield"].contract.model_copy(update=taught)
    more[PACED] = _paced(contract)
    more[WATCHED] = contract.model_copy(update={"id": WATCHED, "observed_yield": YIELD})
    return {DATASET: folder} | {name: folder.model_copy(update={"contract": each}) for name, each in more.items()}


def _paced(contract: Contract) -> Contract:
    said = contract.model_dump(by_alias=True, exclude_none=True)
    table = {"task": "regression", "features": None, "target": {"column": "Quantity"}, "split": {"by": "random"}}
    table |= {"segments": {}}
    snapshots = {"input": {**said["input"], "arrives": "replace", "key": []}, "runs": {"quiet_period": "5m"}}
    return Contract.model_validate({**said, **table, **snapshots, "gate": {}, "id": PACED})


def environment(world: World) -> dict[str, str]:
    return {
        "DATA_BUCKET": BUCKET,
        "REGISTRY_TABLE": "registry",
        "PREDICTIONS_TABLE": "predictions",
        "NOTICES_TOPIC_ARN": world.aws.topic_arn,
        "EVENT_BUS": EVENT_BUS,
        "SEGMENTS_TABLE": "segments",
        "SEGMENTS_QUEUE_URL": world.aws.segments_url,
        "CRM_SECRET": "",
        "STATE_MACHINE_ARN": world.machine_arn,
        "LEASE_HOURS": "7",
        "ARRIVALS_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:arrivals",
        "DEAD_LETTERS_ARN": "arn:aws:sqs:us-east-1:123456789012:dead-letters",
        "SCHEDULE_GROUP": "wakes",
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
        "MODEL_GROUP_PREFIX": "Evergreen",
        "GIT_COMMIT": "0123abcd",
        "IMAGE_URI": "123456789012.dkr.ecr.us-east-1.amazonaws.com/evergreen:tag",
        "MLFLOW_APP_ARN": "",
        "STACK_NAME": "Evergreen",
        "MODEL_ROLE_ARN": "arn:aws:iam::123456789012:role/jobs",
        "TRACK_RUN_FUNCTION": "TrackRun",
        "UPDATE_SEGMENTS_FUNCTION": "UpdateSegments",
        "UPDATE_ENDPOINT_FUNCTION": "UpdateEndpoint",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }


def modules() -> dict[str, str]:
    """Each function's handler, by the state that is named as it is."""
    named = {name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_") for name in FUNCTIONS}
    ours = {name: folder for name, folder in named.items() if name not in OF_THE_IMAGE}
    return {
        name: f"functions.{folder}.handler"
        for name, folder in {**ours, "Dispatch": "dispatch", "WatchYield": "watch_yield"}.items()
    }


def _invoked(asked: list[str]) -> Callable[..., AWSResponse | None]:
    """Lambda takes every call that is not waited for, and here the function itself is left out."""

    def taken(event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        if event_name != "before-send.lambda.Invoke":
            return None
        asked.append(request.url.split("/functions/")[1].split("/")[0])
        return AWSResponse(request.url, 202, HTTPHeaders(), io.BytesIO())

    return taken


@contextmanager
def deployed() -> Iterator[Deployment]:
    """A deployment in moto, in this process, for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch, account() as aws:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        world = World.of(aws)
        world.contracts = Contracts(data_sets(world))
        for name, value in environment(world).items():
            patch.setenv(name, value)
        patch.setattr(Contracts, "deployed", lambda: world.contracts)
        shelf = Shelf(ACCOUNT, REGION)
        for name, operation in operations(shelf).items():
            patch.setattr(SageMakerResponse, name, operation, raising=False)
        fleet = endpoints(patch)
        for dataset in world.contracts.ids:
            name = f"Evergreen-{dataset.replace('_', '-')}"
            boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
        for each in world.sns.list_subscriptions()["Subscriptions"]:  # whose queue nobody would empty
            world.sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
        bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{EVENT_BUS}"
        boto3.client("events").create_archive(ArchiveName=TOLD, EventSourceArn=bus)
        observer = boto3.DEFAULT_SESSION
        session = boto3.Session("testing", "testing", region_name=REGION)
        asked: list[str] = []
        session.events.register_first("before-send", _invoked(asked))
        boto3.DEFAULT_SESSION, seam = session, Seam(session)
        handlers = {}
        for state, module in modules().items():
            sys.modules.pop(module, None)
            handlers[state] = importlib.import_module(module).handler
        boto3.DEFAULT_SESSION = observer
        backends = Backends(shelf, fleet, aws.topic_arn)
        yield Deployment(world, seam, backends, Jobs(world.files), handlers, asked=asked)
        for module in modules().values():
            sys.modules.pop(module, None)
