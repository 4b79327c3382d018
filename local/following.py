"""Deploying anew when a contract or its SQL changes, so that a running laptop cloud takes it up by itself."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from evergreen.contract_file import ContractInvalid, read_datasets
from local.cloud import Cloud
from local.deploy import StackFailed, deploy

log = logging.getLogger(__name__)

_SUFFIXES = {".yaml", ".sql"}
_LONGEST_REASON = 2000

Snapshot = dict[str, tuple[int, int]]  # by path within the folder of data sets: when a file was changed, and its size


class SynthesisFailed(Exception):
    """The app does not synthesize; the message is the end of what it said."""


def snapshot(datasets: Path) -> Snapshot:
    """The state of every contract and query."""
    found: Snapshot = {}
    for path in datasets.glob("*/*"):
        if path.suffix in _SUFFIXES:
            try:
                facts = path.stat()
            except FileNotFoundError:  # gone since it was listed
                continue
            found[path.relative_to(datasets).as_posix()] = (facts.st_mtime_ns, facts.st_size)
    return found


class Following:
    """Watches the data sets of a checkout from the state in which they were last deployed."""

    def __init__(
        self,
        cloud: Cloud,
        datasets: Path,
        deployed: Snapshot,
        *,
        synthesize: Callable[[], Path] | None = None,
        poll_seconds: float = 1.0,
    ) -> None:
        self._cloud, self._datasets = cloud, datasets
        self._seen = deployed
        self._synthesize = synthesize or self._synthesize_checkout
        self._poll_seconds = poll_seconds
        self._waiting: set[str] = set()  # data sets whose change is not deployed
        self._stopped = threading.Event()

    def start(self) -> None:
        """Watches in the background until the cloud closes."""
        thread = threading.Thread(target=self._loop, name="following", daemon=True)
        self._cloud.on_close(self._stopped.set)
        thread.start()

    def _loop(self) -> None:
        before = self._seen
        while not self._stopped.wait(self._poll_seconds):
            now = snapshot(self._datasets)
            if now == before != self._seen:  # changed, and nobody is writing any more
                self._take_up(now)
            before = now

    def _take_up(self, now: Snapshot) -> None:
        changed = {name for name in now.keys() | self._seen.keys() if now.get(name) != self._seen.get(name)}
        self._seen = now
        self._waiting |= {name.split("/")[0] for name in changed}
        named = ", ".join(f"datasets/{name}" for name in sorted(self._waiting))
        print(f"{named}: changed; deploying …", flush=True)
        try:
            read_datasets(self._datasets)  # in a moment, and in better words than a failed synthesis
            deploy(self._cloud, self._synthesize())
        except (ContractInvalid, SynthesisFailed, StackFailed, OSError) as error:
            if not self._stopped.is_set():
                print(f"{named}: not deployed; what was deployed stays:\n{error}", flush=True)
            return
        except Exception:  # the next change may go well
            if not self._stopped.is_set():
                log.exception("%s: not deployed", named)
            return
        for name in sorted(self._waiting):
            there = (self._datasets / name / "dataset.yaml").is_file()
            print(f"datasets/{name}: {'deployed' if there else 'removed'}", flush=True)
        self._waiting.clear()

    def _synthesize_checkout(self) -> Path:
        root = self._datasets.parent
        command = [sys.executable, "-m", "cdk_app.synth"]
        child = self._cloud.processes.spawn(
            command, cwd=root, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = child.communicate()
        if child.poll():
            raise SynthesisFailed(
                f"the CDK app does not synthesize:\n{said.decode(errors='replace')[-_LONGEST_REASON:]}"
            )
        return root / "cdk.out"
