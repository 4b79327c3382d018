"""SageMaker's MLflow Apps: a real MLflow server beside the cloud."""

import datetime
import json
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ResourceNotFound, ValidationError
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import Cloud
from local.mlflow.server import MlflowServer
from local.seams import Seams

Fields = dict[str, Any]

_ENDPOINT = "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"  # where the plugin of MLflow's client goes instead of AWS


class Apps:
    """The MLflow Apps of one cloud. There is one server, so there can be one App."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._apps: dict[str, Fields] = {}
        self._server: MlflowServer | None = None

    def create(self, request: Fields) -> Fields:
        """Starts the server in the background; calls before it is ready wait."""
        if self._apps:
            raise ValidationError("The laptop cloud has one MLflow server, so it takes one MLflow App.")
        arn = f"arn:aws:sagemaker:{self._cloud.region}:{self._cloud.account}:mlflow-app/app-{request['Name'].lower()}"
        now = datetime.datetime.now(datetime.UTC)
        facts = {"Arn": arn, "Status": "Created", "MlflowVersion": version("mlflow"), "CreationTime": now}
        self._apps[arn] = {**request, **facts, "LastModifiedTime": now}
        self._server = MlflowServer(self._cloud, request["ArtifactStoreUri"])
        self._cloud.function_environment[_ENDPOINT] = self._server.address
        return {"Arn": arn}

    def describe(self, request: Fields) -> Fields:
        """The App. Raises ResourceNotFound."""
        arn = request["Arn"]
        if arn not in self._apps:
            raise ResourceNotFound(f"MlflowApp with Arn {arn} does not exist")
        return self._apps[arn]

    def listing(self, _request: Fields) -> Fields:
        """Every App."""
        wanted = ("Arn", "Name", "Status", "CreationTime", "LastModifiedTime", "MlflowVersion")
        return {"Summaries": [{name: app[name] for name in wanted} for app in self._apps.values()]}

    def presigned_url(self, request: Fields) -> Fields:
        """Where the App's page is; on a laptop nobody has to be let in."""
        self.describe(request)
        assert self._server
        return {"AuthorizedUrl": self._server.address}

    def delete(self, request: Fields) -> Fields:
        """Ends the server."""
        arn = self.describe(request)["Arn"]
        assert self._server
        self._server.stop()
        del self._apps[arn], self._cloud.function_environment[_ENDPOINT]
        self._server = None
        return {"Arn": arn}


def install(cloud: Cloud) -> None:
    """Adds the operations on MLflow Apps, which moto has none of."""
    apps, seams = Apps(cloud), Seams(cloud)
    operations: dict[str, Callable[[Fields], Fields]] = {
        "create_mlflow_app": apps.create,
        "describe_mlflow_app": apps.describe,
        "list_mlflow_apps": apps.listing,
        "delete_mlflow_app": apps.delete,
        "create_presigned_mlflow_app_url": apps.presigned_url,
    }
    for name, operation in operations.items():
        seams.replace(SageMakerResponse, name, _answering(operation))


def _answering(operation: Callable[[Fields], Fields]) -> Callable[[Any], Any]:
    return lambda response: ActionResult(operation(json.loads(response.body or "{}")))
