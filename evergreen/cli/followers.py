"""Those who follow the champion: asked to look again, and what they have still to show."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.cli.deployment import Deployment
from evergreen.stores.outbox import Outstanding

_PATIENT = Config(read_timeout=120, retries={"total_max_attempts": 1})  # asking twice at once helps nobody
_NAMES = {"SAGEMAKER": "The SageMaker model registry", "MLFLOW": "MLflow"}


def ask_to_follow(deployment: Deployment, dataset: str) -> str:
    """Have the outbox worked off now; answers why not, empty when it was."""
    if deployment.track_run is None:
        return "this stack has no function that tells them"
    return ask(deployment.track_run, dataset)


def ask(function: str, dataset: str) -> str:
    """Have a function do its work for a data set now; answers why not, empty when it did."""
    payload = json.dumps({"dataset": dataset})
    try:
        answer = boto3.client("lambda", config=_PATIENT).invoke(FunctionName=function, Payload=payload)
    except (BotoCoreError, ClientError) as error:
        return str(error)
    if "FunctionError" in answer:
        said = answer["Payload"].read().decode(errors="replace")
        return f"{function} failed: {said[:300]}"
    return ""


def still_to_follow(outstanding: list[Outstanding]) -> list[str]:
    """What each follower does not show yet, one a line."""
    return [_line(each) for each in outstanding]


def _line(outstanding: Outstanding) -> str:
    name = _NAMES.get(outstanding.follower, str(outstanding.follower))
    what = "that {} is champion" if outstanding.what == "CHAMPION" else "the run {}"
    last = f"; the last try: {outstanding.error}" if outstanding.error else ""
    return f"{name} does not show yet {what.format(outstanding.run_id)} (since {outstanding.at[:16]}{last})"
