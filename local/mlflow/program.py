"""The MLflow server, in one process at low priority, on the socket that is its standard input.

`mlflow server` would keep a second process of the same size beside it.
"""

import os
import sys

import uvicorn

_STANDARD_INPUT = 0
_NICE = 10  # the work of a run goes first


def main(database: str, artifact_uri: str) -> None:
    """Serves until it is ended."""
    os.nice(_NICE)
    from mlflow.server import ARTIFACT_ROOT_ENV_VAR, BACKEND_STORE_URI_ENV_VAR  # noqa: PLC0415  # after the priority
    from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415

    os.environ[BACKEND_STORE_URI_ENV_VAR] = database
    os.environ[ARTIFACT_ROOT_ENV_VAR] = artifact_uri
    initialize_backend_stores(database, database, artifact_uri)  # or the first caller would wait for it
    uvicorn.run("mlflow.server.fastapi_app:app", fd=_STANDARD_INPUT, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
