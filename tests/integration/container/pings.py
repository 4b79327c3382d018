"""How long /ping takes beside what a server has to do."""

import threading
import time
from collections.abc import Sequence

import httpx

PING_SECONDS = 2.0  # after which SageMaker takes a model for dead


def slowest_ping(port: int, senders: Sequence[threading.Thread], pause: float = 0.0) -> float:
    """Start the senders, and ask again and again until each has its answer; the seconds of the slowest answer."""
    for sender in senders:
        sender.start()
    slowest = 0.0
    while any(sender.is_alive() for sender in senders):
        asked = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{port}/ping", timeout=10).status_code == 200
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(pause)
    return slowest
