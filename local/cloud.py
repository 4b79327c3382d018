"""One laptop cloud: its address, its clients and its end."""

import contextlib
import importlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import boto3.session
import botocore.session
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config

from local.image.image import Image
from local.processes import Processes
from local.server import Server
from local.writes import Writes

ACCOUNT = "123456789012"
ADAPTERS = (
    "local.item_answers",
    "local.cloudformation",
    "local.event_bus",
    "local.schedules",
    "local.buckets",
    "local.alarms",
    "local.metrics_in_logs",
    "local.topics",
    "local.message_moves",
    "local.images",
    "local.functions",
    "local.http_api",
    "local.workflows",
    "local.jobs",
    "local.endpoints",
    "local.model_packages",
    "local.mlflow",
    "local.crm",
)
T = TypeVar("T")


@dataclass
class Cloud:
    """What an adapter may use of the running cloud."""

    endpoint_url: str
    region: str
    account: str
    work_dir: Path
    repo: Path
    processes: Processes
    writes: Writes
    state_dir: Path | None
    image: Image | None  # what jobs run; None: the repository's own container/
    _session: Any
    function_environment: dict[str, str] = field(default_factory=dict)  # what adapters give every function, too
    addresses: dict[str, str] = field(default_factory=dict)  # of what else runs beside it, for people
    _kept: dict[type, Any] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)
    _clients_lock: Any = field(default_factory=threading.Lock)
    _ready_callbacks: list[Callable[[], None]] = field(default_factory=list)
    _ending: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _ended: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def client(self, service: str) -> Any:
        """A client with root credentials against this cloud, made once per service."""
        with self._clients_lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoint_url,
                    config=Config(
                        s3={"addressing_style": "path"},
                        retries={"total_max_attempts": 1},
                        max_pool_connections=32,
                        read_timeout=900,
                    ),
                )
            return self._clients[service]

    def keep(self, thing: T) -> T:
        """Have what one adapter made found by others, by its class."""
        self._kept[type(thing)] = thing
        return thing

    def kept(self, kind: type[T]) -> T:
        """The one thing of a class that an adapter made for this cloud."""
        return cast(T, self._kept[kind])

    def on_close(self, callback: Callable[[], None]) -> None:
        """Has `callback` run when the cloud closes, later ones first."""
        self._ending.callback(callback)

    def after_close(self, callback: Callable[[], None]) -> None:
        """Has `callback` run when nothing answers any more."""
        self._ended.callback(callback)

    def on_ready(self, callback: Callable[[], None]) -> None:
        """Has `callback` run once what is to be deployed is deployed."""
        self._ready_callbacks.append(callback)

    def ready(self) -> None:
        """Says that the deployment is there."""
        for callback in self._ready_callbacks:
            callback()

    def close(self) -> None:
        """Ends the cloud and every process it started."""
        with self._ended:
            self._ending.close()


def start(
    port: int = 0,
    work_dir: Path | None = None,
    repo: Path | None = None,
    state_dir: Path | None = None,
    image: Image | None = None,
) -> Cloud:
    """Starts moto as an HTTP server in this process and installs every adapter."""
    BackendDict.reset()
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    region = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    writes = Writes()
    server = Server(port, writes)
    os.environ["MOTO_PORT"] = str(server.port)  # moto's own calls between its services read it
    session = boto3.session.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # moto takes any
        region_name=region,
        botocore_session=botocore.session.Session(),
    )
    cloud = Cloud(
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region=region,
        account=ACCOUNT,
        work_dir=_work_dir(work_dir),
        repo=repo or Path(__file__).resolve().parent.parent,
        processes=Processes(),
        writes=writes,
        state_dir=state_dir,
        image=image,
        _session=session,
    )
    cloud.on_close(lambda: shutil.rmtree(cloud.work_dir, ignore_errors=True))
    if image:
        cloud.on_close(image.close)
    cloud.on_close(cloud.processes.close)
    cloud.on_close(server.close)
    try:
        for name in ADAPTERS:  # imported here, since each of them imports this module
            importlib.import_module(name).install(cloud)
    except BaseException:
        cloud.close()
        raise
    return cloud


def _work_dir(given: Path | None) -> Path:
    if given is None:
        return Path(tempfile.mkdtemp(prefix="evergreen-"))
    shutil.rmtree(given, ignore_errors=True)  # what a killed cloud left there must not be taken for ours
    given.mkdir(parents=True)
    return given.resolve()
