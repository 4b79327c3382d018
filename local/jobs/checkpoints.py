"""Checkpoints of a training job: brought before it, and kept in S3 while it runs and when it has ended."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.jobs.job import JobFailed
from local.jobs.opt_ml import OptMl

log = logging.getLogger(__name__)
SECONDS = 2.0  # between two looks at the folder


@contextmanager
def checkpoints(opt_ml: OptMl, config: dict[str, str] | None) -> Iterator[None]:
    """While it lasts, what changes in the job's folder goes to S3; the last of it at its end, however it ends."""
    if config is None:
        yield
        return
    opt_ml.bring_checkpoints(config)
    kept: dict[Path, int] = {}
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(SECONDS):
            try:
                opt_ml.keep_checkpoints(config, kept)
            except JobFailed as failure:
                log.warning("%s", failure)

    follower = threading.Thread(target=keep, name="checkpoints", daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()
        opt_ml.keep_checkpoints(config, kept)
