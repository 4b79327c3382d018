"""The image's HTTP server behind an endpoint."""

import itertools
import os
import time
from typing import Any

import httpx

from local.jobs.container import Container, command_of, role_environment
from local.jobs.host import Host
from local.jobs.job import Job, JobFailed, Kind
from local.jobs.serving import PING_SECONDS, free_port

_LONGEST_ANSWER = 60.0  # seconds that SageMaker gives a model for one request
_NUMBERS = itertools.count(1)


class EndpointServer:
    """One server, on a copy of its model."""

    def __init__(self, host: Host, endpoint: str, variant: dict[str, Any], model: Any) -> None:
        self.variant: str = variant["VariantName"]
        job = Job(
            Kind("Endpoint", f"/aws/sagemaker/Endpoints/{endpoint}"),
            {"EndpointJobName": f"{self.variant}-{next(_NUMBERS)}"},
            "",
        )
        given, isolated, port = model.primary_container, model.enable_network_isolation, free_port()
        environment = role_environment(host.cloud, host.sessions, model.execution_role_arn, isolated)
        environment |= {"SAGEMAKER_BIND_TO_PORT": str(port)} | (given.get("Environment") or {})
        self._opt_ml = host.opt_ml(job, model.execution_role_arn)
        try:
            self._opt_ml.unpack_model(given["ModelDataUrl"])
            self._container = Container(
                host.cloud, job, self._opt_ml, command_of({}, ["serve"]), environment, isolated=isolated
            )
        except BaseException:
            self._opt_ml.remove()
            raise
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self._container.reachable(port)}", timeout=_LONGEST_ANSWER, trust_env=False
        )

    def wait_until_ready(self) -> None:
        """Returns when /ping answers 200."""
        deadline = time.monotonic() + PING_SECONDS
        while time.monotonic() < deadline:
            if not self._container.running:
                raise JobFailed(f"The serving container ended; its log ends with: {self._last_words()}")
            try:
                if self._http.get("/ping", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise JobFailed(f"The container did not pass the ping health check; its log ends with: {self._last_words()}")

    def invoke(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """What the container answers; 0 when it does not."""
        try:
            answer = self._http.post("/invocations", content=body, headers=headers)
        except httpx.TransportError as error:
            return 0, "text/plain", repr(error).encode()
        return answer.status_code, answer.headers.get("content-type", "application/octet-stream"), answer.content

    def close(self) -> None:
        """Ends the container and removes its model."""
        self._http.close()
        self._container.stop()
        self._opt_ml.remove()

    def _last_words(self) -> str:
        return os.linesep.join(self._container.last_lines)[-700:]
