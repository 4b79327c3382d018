"""The demo's two runs on the full file: seconds, what is orchestration and what is work, and peak memory.

The baseline is the work itself: the same five steps' own time in the same run. `python -m bench.demo`, or `make bench`.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cdk_app.synth import ROOT, synthesize
from evergreen.cli.demo import drop_and_follow, split
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud

MB = 1 << 20


@dataclass
class Memory:
    """The largest resident sizes seen, in bytes."""

    peaks: dict[str, int] = field(default_factory=dict)  # by kind of process
    tree: int = 0

    def sample(self, root: psutil.Process) -> None:
        total = 0
        for process in root.children(recursive=True):
            try:
                size, kind = process.memory_info().rss, _kind(process.cmdline())
            except psutil.Error:
                continue
            total += size
            self.peaks[kind] = max(size, self.peaks.get(kind, 0))
        self.tree = max(total, self.tree)


def _kind(command: list[str]) -> str:
    text = " ".join(command)
    for verb in ("prepare", "train", "evaluate", "serve"):
        if f"-m container {verb}" in text:
            return verb
    return "function" if "runtime_client" in text else "cloud" if "-m local" in text else "other"


@contextmanager
def watching() -> Iterator[Memory]:
    """Sample the memory of every child process, ten times a second."""
    memory, done, root = Memory(), threading.Event(), psutil.Process()

    def watch() -> None:
        while not done.wait(0.1):
            memory.sample(root)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def main() -> None:
    """Run the demo's two drops and print the figures."""
    synthesize()
    home = Path(tempfile.mkdtemp())
    with watching() as memory:
        began = time.monotonic()
        with laptop_cloud(ROOT, home / "state", home / "cloud.log"):
            ready = time.monotonic() - began
            deployment = Deployment.find()
            files = split(ROOT / "datasets" / "next_purchase" / "online_retail.csv.gz", home)
            dropped = time.monotonic()
            runs = [drop_and_follow(deployment, path.name, path) for path in files]
            whole = time.monotonic() - dropped
    shutil.rmtree(home)
    work = sum(execution.work_seconds for execution, _ in runs)
    print(f"\nup after synth      {ready:6.1f} s")
    print(f"both runs           {whole:6.1f} s")
    print(f"  work              {work:6.1f} s   prepare, train, evaluate, score, load")
    share = whole / work
    print(f"  orchestration     {whole - work:6.1f} s   everything else, from the upload on: {share:.2f} × the work")
    for kind, peak in sorted(memory.peaks.items(), key=lambda item: -item[1]):
        print(f"peak of {kind:<11} {peak / MB:6.0f} MB")
    print(f"peak of all at once {memory.tree / MB:6.0f} MB")


if __name__ == "__main__":
    main()
