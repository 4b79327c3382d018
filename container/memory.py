"""How much memory this container may have."""

import os
from pathlib import Path

LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")  # of cgroup 2 and 1


def memory_limit(root: Path = Path("/")) -> int:
    """Bytes: what the container is limited to, or else what the machine has."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(limit for name in LIMITS if (limit := _stated(root / name)))])


def _stated(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None  # "max" is no limit
