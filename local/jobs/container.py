"""A job's program on its /opt/ml folder, its log and its end."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from local.cloud import Cloud
from local.jobs.job import Job, JobStopped
from local.jobs.opt_ml import OptMl
from local.jobs.program import IMAGE_COMMAND, start_program
from local.log_streams import LogStream, pump
from local.role_sessions import RoleSessions

GRACE_SECONDS = 10.0  # between SIGTERM and SIGKILL; SageMaker gives 120


class Container:
    """One container of a job, whose output goes to the job's log."""

    def __init__(
        self,
        cloud: Cloud,
        job: Job,
        opt_ml: OptMl,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        isolated: bool = False,
        reader: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        self._job, self._reader = job, reader
        self.last_lines: deque[str] = deque(maxlen=20)
        self._log = LogStream(cloud, job.kind.log_group, f"{job.name}/algo-1-{int(time.time())}")
        self._program = start_program(cloud, opt_ml, command, env, isolated)
        self._process = self._program.client
        self._pump = threading.Thread(target=self._follow, name=f"log of {job.name}", daemon=True)
        self._pump.start()
        threading.Thread(target=self._watch, name=f"end of {job.name}", daemon=True).start()

    def wait(self) -> int:
        """The exit code as a container has it; stops the process when the job is stopped or over its time."""
        try:
            signal = self._job.signals.get(timeout=self._job.most_seconds)
        except queue.Empty:
            self.stop()
            raise JobStopped("MaxRuntimeExceeded") from None
        if signal == "stop":
            self.stop()
            raise JobStopped("Stopped")
        code = self._process.wait()
        self._pump.join(timeout=5)
        return 128 - code if code < 0 else code

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends the process, politely first."""
        self._program.stop(GRACE_SECONDS)

    def reachable(self, port: int) -> int:
        """The port of this machine at which one of the program's is reached."""
        return self._program.reachable(port)

    def _follow(self) -> None:
        output = self._process.stdout
        assert output is not None
        pump(output.fileno(), self._take_lines)

    def _take_lines(self, lines: Sequence[str]) -> None:
        self.last_lines.extend(lines)
        self._log.write(lines)
        if self._reader:
            self._reader(lines)

    def _watch(self) -> None:
        self._process.wait()
        self._job.signals.put("exited")


def command_of(specification: Mapping[str, Sequence[str]], default: Sequence[str]) -> list[str]:
    """What the image runs: ContainerEntrypoint and ContainerArguments, or else the image's own."""
    entrypoint = specification.get("ContainerEntrypoint") or IMAGE_COMMAND
    return [*entrypoint, *(specification.get("ContainerArguments") or default)]


def role_environment(cloud: Cloud, sessions: RoleSessions, role_arn: str, isolated: bool) -> dict[str, str]:
    """Region, address and the role's credentials; none of them under network isolation."""
    region = {"AWS_REGION": cloud.region, "AWS_DEFAULT_REGION": cloud.region}
    if isolated:
        return region
    credentials = sessions.credentials(role_arn, "SageMaker").environment()
    return region | {"AWS_ENDPOINT_URL": cloud.endpoint_url} | credentials
