"""The verb `serve`."""

import os
import tempfile

from granian import Granian
from granian.constants import Interfaces

from container.directories import Directories
from container.log import LINES_OF_LIBRARIES
from container.serve.counters import FOLDER
from container.serve.limits import processes

LAST_SECONDS = 25  # for requests on their way after SIGTERM; SageMaker kills after 30


def run(directories: Directories) -> None:
    """Serve until SIGTERM: one process in batch, where threads share the cores; one per core behind an endpoint."""
    os.environ["SAGEMAKER_BASE_DIR"] = str(directories.base)
    with tempfile.TemporaryDirectory(prefix="counters-") as counters:
        os.environ[FOLDER] = counters
        Granian(
            "container.serve.app:create",
            factory=True,
            address="0.0.0.0",  # noqa: S104  # SageMaker calls from outside the container
            port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
            interface=Interfaces.RSGI,
            workers=processes(),
            log_access=False,
            log_dictconfig=LINES_OF_LIBRARIES,
            websockets=False,
            workers_kill_timeout=LAST_SECONDS,
        ).serve()
