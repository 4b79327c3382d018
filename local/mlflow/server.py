"""The MLflow server of a laptop cloud, as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from local.cloud import Cloud
from local.listening import listening
from local.processes import Child

_PROGRAM = Path(__file__).with_name("program.py")


class MlflowServer:
    """Runs and models in SQLite, artifacts in the cloud's S3. The socket is open at once, so early callers wait."""

    def __init__(self, cloud: Cloud, artifact_uri: str) -> None:
        self._cloud = cloud
        self._artifact_uri = artifact_uri
        self._process: Child | None = None
        self._socket, self.address = listening()
        cloud.on_close(self._socket.close)
        self._start()

    def stop(self) -> None:
        """Ends the server; what it has recorded stays in its database."""
        self._socket.close()
        if self._process:
            self._process.stop()

    def _start(self) -> None:
        home = self._cloud.state_dir or self._cloud.work_dir
        home.mkdir(parents=True, exist_ok=True)
        with (self._cloud.work_dir / "mlflow.log").open("wb") as log:
            self._process = self._cloud.processes.spawn(
                [sys.executable, "-P", str(_PROGRAM), f"sqlite:///{home.resolve() / 'mlflow.db'}", self._artifact_uri],
                cwd=self._cloud.work_dir,
                env=self._environment(),
                stdin=self._socket.fileno(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self._cloud.work_dir),
            "AWS_ENDPOINT_URL": self._cloud.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self._cloud.region,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
