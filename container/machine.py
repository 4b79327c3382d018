"""What this container may use of its machine: its cgroup's limits, where there are any."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def cores(cgroup: Path = CGROUP) -> int:
    """Cores to work on: those we may run on, or what the cgroup grants of them."""
    allowed = len(os.sched_getaffinity(0))
    quota, _, period = _text(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        return max(1, min(allowed, math.ceil(int(quota) / int(period))))
    return allowed


def memory_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that may be filled: the machine's, or what the cgroup grants of it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_text(cgroup / name) for name in ("memory.max", "memory/memory.limit_in_bytes"))
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())])


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
