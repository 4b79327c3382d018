"""What runs a job's code: a process of the repository's own `container/`, or a container of the built image."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from local.cloud import Cloud
from local.image_modules import image_python_path
from local.jobs.opt_ml import OPT_ML, OptMl
from local.processes import Child

IMAGE_COMMAND = ("python", "-m", "container")  # the image's ENTRYPOINT


class Program(Protocol):
    """One of the two, running."""

    client: Child  # the process here whose output and exit code are the program's

    def reachable(self, port: int) -> int:
        """The port of this machine that leads to the program's own."""

    def stop(self, grace_seconds: float) -> int:
        """Ends it, politely first; its exit code."""


class Process:
    """The program as a process."""

    def __init__(self, client: Child) -> None:
        self.client = client

    def reachable(self, port: int) -> int:
        return port

    def stop(self, grace_seconds: float) -> int:
        return self.client.stop(grace_seconds)


def start_program(
    cloud: Cloud, opt_ml: OptMl, command: Sequence[str], env: Mapping[str, str], isolated: bool
) -> Program:
    """Start what a job asks for on its /opt/ml; its output is on a pipe."""
    if cloud.image is None:
        return Process(
            cloud.processes.spawn(
                [sys.executable if word == "python" else word for word in command],
                cwd=cloud.repo,
                env={**_image_environment(cloud, opt_ml), **env},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
    temporary = opt_ml.folder.parent / "tmp"  # not in memory, which is what a tmpfs would be
    temporary.mkdir(exist_ok=True)
    return cloud.image.run(
        cloud.processes,
        command[1:],
        entrypoint=command[0],
        mounts={opt_ml.folder: OPT_ML, temporary: "/tmp"},  # noqa: S108
        env=env,
        network="none" if isolated else "host",
        cwd=cloud.work_dir,
    )


def _image_environment(cloud: Cloud, opt_ml: OptMl) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(opt_ml.folder.parent),
        "PYTHONPATH": image_python_path(cloud),
        "PYTHONUNBUFFERED": "1",
        "SAGEMAKER_BASE_DIR": str(opt_ml.folder),
    }
