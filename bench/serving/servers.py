"""The servers that are measured: how each is started, and what it wants to be sent."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.serving.material import Form, Material

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).with_name("peers")
CORES = str(os.cpu_count() or 1)


@dataclass(frozen=True)
class Route:
    """Where rows of one form go."""

    form: Form
    path: str = "/invocations"
    content_type: str = "text/csv"


@dataclass(frozen=True)
class Server:
    """One program that answers with predictions; {port} and {base} in its command and variables are filled in."""

    name: str
    variant: str
    environment: str  # ours, or that of a peer's requirements file
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    health: str = "/ping"
    csv: Route = Route("csv")
    json: Route = Route("instances", content_type="application/json")
    folder: Path = PEERS

    @property
    def title(self) -> str:
        return f"{self.name}, {self.variant}"

    def started_with(self, material: Material, port: int) -> tuple[list[str], dict[str, str]]:
        """Its command and its own variables, for a model and a port."""
        about = {"port": str(port), "base": str(material.base)}
        variables = {"BOOSTER": str(material.booster), **self.variables}
        return (
            [part.format_map(about) for part in self.command],
            {name: value.format_map(about) for name, value in variables.items()},
        )


def _ours(variant: str, **more: str) -> Server:
    variables = {"SAGEMAKER_BASE_DIR": "{base}", "SAGEMAKER_BIND_TO_PORT": "{port}", "PYTHONPATH": str(ROOT), **more}
    return Server("ours", variant, "ours", ("python", "-m", "container", "serve"), variables, folder=ROOT)


BATCH, REAL_TIME = _ours("batch", SAGEMAKER_BATCH="true"), _ours("real-time")
DOCUMENTED, FAIR = "as documented", "one thread"

FLASK = Server(
    "flask",
    DOCUMENTED,
    "flask_pandas",
    ("gunicorn", "--workers", CORES, "--bind", "127.0.0.1:{port}", "flask_pandas:app"),
)
FASTAPI = Server(
    "fastapi",
    DOCUMENTED,
    "fastapi_pandas",
    ("uvicorn", "--workers", CORES, "--port", "{port}", "--no-access-log", "fastapi_pandas:app"),
    csv=Route("csv", "/csv"),
)
MLFLOW = Server(
    "mlflow",
    DOCUMENTED,
    "mlflow_scoring",
    ("mlflow", "models", "serve", "--model-uri", "{base}/mlflow", "--env-manager", "local", "--port", "{port}",
     "--workers", CORES),
    {"MLFLOW_DISABLE_TELEMETRY": "true"},
    csv=Route("csv_with_header"),
    json=Route("dataframe_split", content_type="application/json"),
)  # fmt: skip
BENTOML = Server(
    "bentoml",
    DOCUMENTED,
    "bentoml_service",
    ("bentoml", "serve", "bentoml_service:Trees", "--host", "127.0.0.1", "--port", "{port}"),
    {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{base}/bentoml"},
    health="/readyz",
    csv=Route("csv", "/csv", "text/plain"),
)


def peers() -> list[Server]:
    """Each as its documentation has it, and with one OpenMP thread in each process, as suits full cores."""
    return [
        replace(each, variant=variant, variables={**each.variables, **more})
        for each in (FLASK, FASTAPI, MLFLOW, BENTOML)
        for variant, more in ((DOCUMENTED, {}), (FAIR, {"OMP_NUM_THREADS": "1"}))
    ]
