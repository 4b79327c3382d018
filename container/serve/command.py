"""The verb `serve`."""

import os

from granian import Granian
from granian.constants import Interfaces

from container.directories import Directories
from container.log import LINES_OF_LIBRARIES


def run(directories: Directories) -> None:
    """Serve until SIGTERM: one process in batch, where threads share the cores; one per core behind an endpoint."""
    in_batch = os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"
    os.environ["SAGEMAKER_BASE_DIR"] = str(directories.base)
    Granian(
        "container.serve.app:app",
        address="0.0.0.0",  # noqa: S104  # SageMaker calls from outside the container
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        interface=Interfaces.ASGI,
        workers=1 if in_batch else os.cpu_count() or 1,
        log_access=False,
        log_dictconfig=LINES_OF_LIBRARIES,
        websockets=False,
    ).serve()
