"""The CRM of a laptop cloud, as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from local.cloud import Cloud
from local.listening import listening

_HERE = Path(__file__).parent


class CrmServer:
    """Its socket is open at once, so early callers wait."""

    def __init__(self, cloud: Cloud, token: str) -> None:
        self._cloud = cloud
        self._token = token
        self._socket, self.address = listening()
        cloud.on_close(self._socket.close)
        self._start()

    def _start(self) -> None:
        home = self._cloud.state_dir or self._cloud.work_dir
        home.mkdir(parents=True, exist_ok=True)
        with (self._cloud.work_dir / "crm.log").open("wb") as log:
            self._cloud.processes.spawn(
                [sys.executable, "-P", str(_HERE / "program.py"), str(home.resolve() / "crm.db")],
                cwd=self._cloud.work_dir,
                env={
                    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                    "PYTHONPATH": str(_HERE.parent.parent),
                    "CRM_TOKEN": self._token,
                },
                stdin=self._socket.fileno(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
