import importlib
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.sagemaker.responses import SageMakerResponse

from evergreen.contracts import Contracts
from local.model_packages import Shelf, operations
from tests.integration.functions.http_requests import Client, Scorer
from tests.integration.functions.registries import GROUP
from tests.integration.functions.world import T0, World
from tests.integration.stores.aws import BUCKET, EVENT_BUS, account

Handler = Callable[[dict[str, Any]], Any]


@dataclass
class Context:
    """What Lambda tells a function of its invocation."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with account() as aws:
        yield World.of(aws)


@pytest.fixture
def clocked(world: World) -> World:
    """The same on a morning in March, where time passes when a test says so."""
    world.clock = lambda: T0
    return world


@pytest.fixture
def function(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Handler]:
    """Starts a function as Lambda does: its environment set, its module new."""
    environment = {
        "DATA_BUCKET": BUCKET,
        "REGISTRY_TABLE": "registry",
        "PREDICTIONS_TABLE": "predictions",
        "PREDICT_FUNCTION": "predict",
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
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "POWERTOOLS_SERVICE_NAME": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Contracts, "deployed", lambda: world.contracts)  # as bundled beside the function

    def start(name: str) -> Handler:
        sys.modules.pop(f"functions.{name}.handler", None)
        module = importlib.import_module(f"functions.{name}.handler")
        return lambda event: module.handler(event, Context())

    return start


@pytest.fixture
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture
def api(function: Callable[[str], Handler], scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client.start(function, scorer, monkeypatch)


@pytest.fixture
def model_registry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SageMaker's model packages as AWS has them, and the data set's group."""
    region = boto3.client("sagemaker").meta.region_name
    for name, operation in operations(Shelf("123456789012", region)).items():
        monkeypatch.setattr(SageMakerResponse, name, operation, raising=False)
    boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, which take seconds to make."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    SqlAlchemyStore(f"sqlite:///{path}", "/nowhere")
    return path


@pytest.fixture
def mlflow_uri(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)  # where artifacts go without a server
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def mlflow(mlflow_uri: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_APP_ARN", mlflow_uri)
    return MlflowClient(tracking_uri=mlflow_uri, registry_uri=mlflow_uri)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """An App that nobody answers for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_APP_ARN", "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-evergreen")
    monkeypatch.setenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
