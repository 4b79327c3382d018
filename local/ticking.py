"""What AWS does by the clock: an action that is repeated in the background as long as the cloud lives."""

import logging
import threading
from collections.abc import Callable

from local.cloud import Cloud


def keep_ticking(cloud: Cloud, what: str, action: Callable[[], object], seconds: float, log: logging.Logger) -> None:
    """Repeats the action at this interval; one that fails is logged and tried again."""
    stopped = threading.Event()

    def run() -> None:
        while not stopped.wait(seconds):
            try:
                action()
            except Exception:
                log.exception("%s could not be looked at; trying again in %s seconds", what, seconds)

    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()

    def stop() -> None:
        stopped.set()
        thread.join()

    cloud.on_close(stop)
