"""The program of this machine that builds and runs images."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNNERS = ("docker", "finch", "podman")
BUILDERS = (*RUNNERS, "buildah")
# What the image must get along with, and less than what SageMaker and Lambda allow it.
HARDENED = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--pids-limit=512",
)


class NoEngine(ValueError):
    """Nothing here builds or runs images."""


class EngineFailed(ValueError):
    """A command of it failed; says how."""


@dataclass(frozen=True)
class Engine:
    """One of them, by the name of its command."""

    name: str

    @property
    def by_user(self) -> tuple[str, ...]:
        """What makes files of a container this user's: podman's root is the user already, docker's is the machine's."""
        return () if self.name == "podman" else (f"--user={os.getuid()}:{os.getgid()}",)

    def run_command(
        self,
        image: str,
        command: Sequence[str],
        *,
        mounts: Mapping[Path, str],
        env: Mapping[str, str],
        network: str = "none",
        flags: Sequence[str] = (),
        entrypoint: str | None = None,
    ) -> list[str]:
        """The arguments that run the image attached, hardened, on these folders, and remove its container after."""
        return [
            *(self.name, "run", "--rm", f"--network={network}", "--log-driver=none", *HARDENED, *flags),
            *(f"--volume={folder}:{place}" for folder, place in mounts.items()),
            *(f"--env={name}={value}" for name, value in env.items()),
            *((f"--entrypoint={entrypoint}",) if entrypoint else ()),
            *(image, *command),
        ]

    def has(self, image: str) -> bool:
        """Whether it holds the image."""
        return self._run(["inspect", "--type=image", image]).returncode == 0

    def size(self, image: str) -> str:
        """How much it is, uncompressed."""
        if self.name == "buildah":
            return self._run(["images", "--noheading", "--format={{.Size}}", image], check=True).stdout.split("\n")[0]
        said = self._run(["inspect", "--type=image", "--format={{.Size}}", image], check=True).stdout
        return f"{int(said) / 1e6:.0f} MB"

    def inside(self, image: str, program: str) -> str:
        """What a Python program prints inside of the image. Raises EngineFailed."""
        if self.name != "buildah":
            command = ["run", "--rm", "--network=none", "--log-driver=none", "--entrypoint=python", image]
            return self._run([*command, "-c", program], check=True).stdout
        container = self._run(["from", "--pull-never", image], check=True).stdout.strip()
        try:
            return self._run(["run", "--isolation=chroot", container, "--", "python", "-c", program], check=True).stdout
        finally:
            self._run(["rm", container])

    def _run(self, arguments: Sequence[str], check: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([self.name, *arguments], capture_output=True, text=True, check=False)
        if check and done.returncode:
            said = done.stderr.strip()[-2000:]
            raise EngineFailed(f"{self.name} {arguments[0]} ended with exit code {done.returncode}: {said}")
        return done


def find_engine(names: Sequence[str] = BUILDERS) -> Engine:
    """The first of these that works here. Raises NoEngine."""
    for name in names:
        if shutil.which(name) and _works(name):
            return Engine(name)
    raise NoEngine(f"none of {', '.join(names)} works here; install one and start it, then try `{names[0]} info`")


def _works(name: str) -> bool:
    try:
        return subprocess.run([name, "info"], capture_output=True, timeout=30, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
