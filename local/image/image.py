"""The built image, and the containers that one cloud runs of it."""

import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.image.context import tag_of
from local.image.engine import RUNNERS, Engine, find_engine
from local.image.relay import Relay
from local.processes import Child, Processes

_LABEL = "evergreen.cloud"
# As the guardian of the processes: its standard input ends when the cloud does, however it does.
_SWEEPER = """
import subprocess, sys
sys.stdin.read()
engine, label = sys.argv[1:]
listed = subprocess.run([engine, "ps", "--all", "--quiet", f"--filter=label={label}"], capture_output=True, text=True)
for command in (["kill"], ["rm", "--force"]) if listed.stdout.split() else ():
    subprocess.run([engine, *command, *listed.stdout.split()], capture_output=True)
"""


class ImageMissing(ValueError):
    """There is no image of the program as it is now."""


class Image:
    """One image; its containers end at the latest when this is closed, or the process that holds it ends."""

    def __init__(self, engine: Engine, tag: str) -> None:
        self.engine, self.tag = engine, tag
        self._label = f"{_LABEL}={uuid.uuid4().hex}"
        command = [sys.executable, "-I", "-S", "-c", _SWEEPER, engine.name, self._label]
        self._sweeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def run(
        self,
        processes: Processes,
        command: Sequence[str],
        *,
        mounts: Mapping[Path, str],
        env: Mapping[str, str],
        network: str = "none",
        cwd: Path,
        entrypoint: str | None = None,
    ) -> "Contained":
        """A container of it, hardened, with its output on a pipe."""
        name = f"evergreen-{uuid.uuid4().hex[:12]}"
        flags = [f"--name={name}", f"--label={self._label}", *self.engine.by_user]
        arguments = self.engine.run_command(
            self.tag, command, mounts=mounts, env=env, network=network, flags=flags, entrypoint=entrypoint
        )
        return Contained(self.engine, name, processes, arguments, cwd)

    def close(self) -> None:
        """Removes what still runs."""
        assert self._sweeper.stdin is not None
        self._sweeper.stdin.close()
        self._sweeper.wait()


class Contained:
    """One running container, by the engine's client that is attached to it."""

    def __init__(self, engine: Engine, name: str, processes: Processes, arguments: Sequence[str], cwd: Path) -> None:
        self._engine, self.name, self._relays = engine, name, list[Relay]()
        self.client: Child = processes.spawn(
            arguments, cwd=cwd, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def reachable(self, port: int) -> int:
        """A port of this machine that leads to one inside."""
        self._relays.append(Relay(self._engine, self.name, port))
        return self._relays[-1].port

    def stop(self, grace_seconds: float) -> int:
        """SIGTERM, then SIGKILL; the exit code."""
        for relay in self._relays:
            relay.close()
        if self.client.poll() is None:
            command = [self._engine.name, "stop", f"--time={round(grace_seconds)}", self.name]
            subprocess.run(command, capture_output=True, check=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.client.wait(2)
        return self.client.stop()


def built_image(root: Path) -> Image:
    """The image of the program as it is now. Raises NoEngine or ImageMissing."""
    engine, tag = find_engine(RUNNERS), tag_of(root)
    if not engine.has(tag):
        raise ImageMissing(f"{engine.name} has no image {tag}, which is what the program is now; run `make image`")
    return Image(engine, tag)
