"""The endpoints of a cloud: moto keeps what is known of them, and here is what answers."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from local.jobs.job import JobFailed

log = logging.getLogger(__name__)

CHANGING = ("Creating", "Updating")


class Server(Protocol):
    """What answers for an endpoint."""

    variant: str

    def wait_until_ready(self) -> None:
        """Returns when it answers. Raises JobFailed."""

    def invoke(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body."""

    def close(self) -> None:
        """Ends it."""


Start = Callable[[str, dict[str, Any], Any], Server]  # endpoint, variant, model


class Fleet:
    """A new server takes the place of the old one when it answers; one that never does changes nothing."""

    def __init__(
        self,
        account: str,
        region: str,
        start: Start,
        changed: Callable[[], None] = lambda: None,
        *,
        at_once: bool = False,
    ) -> None:
        self._account, self._region, self._start, self._changed = account, region, start, changed
        self._at_once = at_once  # a caller's own thread does it, and Create answers when it is done
        self._servers: dict[str, Server] = {}
        self._starting: set[Server] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def backend(self) -> Any:
        """moto's."""
        return sagemaker_backends[self._account][self._region]

    def find(self, name: str) -> Any:
        """moto's record of an endpoint. Raises SageMaker's ValidationException."""
        found = self.backend.endpoints.get(name)
        if found is None:
            raise ValidationError(f'Could not find endpoint "{self._arn(name)}".')
        return found

    def server(self, name: str) -> Server | None:
        """What answers for it now."""
        return self._servers.get(name)

    def create(self, name: str, config: str, tags: Any = None) -> Any:
        """A new endpoint, which is Creating."""
        if name in self.backend.endpoints:
            raise ValidationError(f'Cannot create already existing endpoint "{self._arn(name)}".')
        self.backend.describe_endpoint_config(config)
        endpoint = self.backend.create_endpoint(name, config, tags)
        self._begin(endpoint, config, "Creating")
        return endpoint

    def update(self, name: str, config: str) -> Any:
        """The endpoint is Updating to another configuration."""
        endpoint = self._settled(name)
        self.backend.describe_endpoint_config(config)
        self._begin(endpoint, config, "Updating")
        return endpoint

    def delete(self, name: str) -> None:
        """The endpoint is gone at once."""
        self._settled(name)
        self.backend.delete_endpoint(name)
        server = self._servers.pop(name, None)
        self._changed()
        if server:
            server.close()

    def capture(self) -> list[dict[str, Any]]:
        """Each endpoint, with its configuration and model, as the snapshot of a cloud holds them."""
        return [
            self._captured(each) for each in list(self.backend.endpoints.values()) if each.endpoint_status != "Failed"
        ]

    def restore(self, endpoints: list[dict[str, Any]]) -> None:
        """Make them again; each is Creating until its server answers."""
        for each in endpoints:
            model, config = each["model"], each["config"]
            made = self.backend.create_model(
                model["name"], model["role"], model["container"], vpc_config=None, containers=[], tags=[]
            )
            made.enable_network_isolation = model["isolated"]
            self.backend.create_endpoint_config(config, each["variants"], None, None, [], None)
            self.create(each["name"], config)

    def _captured(self, endpoint: Any) -> dict[str, Any]:
        variants = self.backend.endpoint_configs[endpoint.endpoint_config_name].production_variants
        model = self.backend.describe_model(variants[0]["ModelName"])
        return {
            "name": endpoint.endpoint_name,
            "config": endpoint.endpoint_config_name,
            "variants": variants,
            "model": {
                "name": model.model_name,
                "role": model.execution_role_arn,
                "container": model.primary_container,
                "isolated": model.enable_network_isolation,
            },
        }

    def close(self) -> None:
        """Ends every server."""
        with self._lock:
            self._closed = True
            servers = [*self._servers.values(), *self._starting]
        for server in servers:
            server.close()

    def _settled(self, name: str) -> Any:
        endpoint = self.find(name)
        if endpoint.endpoint_status in CHANGING:
            raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        return endpoint

    def _begin(self, endpoint: Any, config: str, status: str) -> None:
        endpoint.endpoint_status, endpoint.failure_reason = status, None
        if self._at_once:
            self._bring(endpoint, config)
        else:
            name = f"endpoint {endpoint.endpoint_name}"
            threading.Thread(target=self._bring, args=(endpoint, config), name=name, daemon=True).start()

    def _bring(self, endpoint: Any, config: str) -> None:
        created = endpoint.endpoint_status == "Creating"
        try:
            server = self._started(endpoint.endpoint_name, config)
        except Exception as error:
            if not isinstance(error, JobFailed):
                log.exception("endpoint %s", endpoint.endpoint_name)
            endpoint.failure_reason = str(error)[:1024]
            endpoint.endpoint_status = "Failed" if created else "InService"
            return
        before = self._servers.get(endpoint.endpoint_name)
        self._servers[endpoint.endpoint_name] = server
        variants = self.backend.endpoint_configs[config].production_variants
        endpoint.production_variants = endpoint._process_production_variants(variants)
        endpoint.endpoint_config_name, endpoint.endpoint_status = config, "InService"
        self._changed()
        if before:
            before.close()

    def _started(self, name: str, config: str) -> Server:
        variants = self.backend.endpoint_configs[config].production_variants
        if len(variants) != 1:
            raise JobFailed(f"the laptop cloud serves one variant, and {config} has {len(variants)}")
        server = self._start(name, variants[0], self.backend.describe_model(variants[0]["ModelName"]))
        with self._lock:
            self._starting.add(server)
        try:
            if self._closed:
                raise JobFailed("the cloud ends")
            server.wait_until_ready()
        except BaseException:
            server.close()
            raise
        finally:
            self._starting.discard(server)
        return server

    def _arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:{self._region}:{self._account}:endpoint/{name.lower()}"
