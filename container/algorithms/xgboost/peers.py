"""What the hosts of one job tell each other, as plain bytes."""

import numpy as np
from xgboost import collective

from container.algorithms.workplace import Workplace


def in_order(mine: bytes, workplace: Workplace) -> bytes:
    """What every host says, as long as this one's, in the order of the hosts."""
    if workplace.hosts == 1:
        return mine
    said = np.zeros((workplace.hosts, len(mine)), dtype=np.uint8)
    said[workplace.rank] = np.frombuffer(mine, dtype=np.uint8)
    return bytes(collective.allreduce(said, collective.Op.MAX))


def of_the_first(mine: bytes, workplace: Workplace) -> bytes:
    """What the first host has."""
    if workplace.hosts == 1:
        return mine
    first = workplace.rank == 0
    size = int(collective.allreduce(np.array([len(mine) if first else 0], dtype=np.int64), collective.Op.MAX)[0])
    content = np.zeros(size, dtype=np.uint8)
    if first:
        content[:] = np.frombuffer(mine, dtype=np.uint8)
    return bytes(collective.allreduce(content, collective.Op.MAX)) if size else b""
