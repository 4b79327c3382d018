"""`evergreen mlflow`: every run and model in MLflow's own pages."""

import sys

import boto3
import typer

from evergreen.cli.deployment import Deployment
from evergreen.cli.followers import ask_to_follow, still_to_follow
from evergreen.cli.output import console
from evergreen.errors import UserMustAct

_ASK_FOR_IT = 'This deployment has no MLflow. Ask for it: make deploy ARGS="-c mlflow=true"'


class NoMlflow(UserMustAct):
    """The stack has no MLflow App."""


def mlflow() -> None:
    """Tell MLflow what it does not show yet, then print where it is; on a terminal, open it.

    Example: `evergreen mlflow`
    """
    deployment = Deployment.find()
    if not deployment.mlflow_app or not deployment.track_run:
        raise NoMlflow(_ASK_FOR_IT)
    for dataset in deployment.datasets:
        if deployment.outbox.open(dataset):
            problem = ask_to_follow(deployment, dataset)
            for line in [problem] if problem else still_to_follow(deployment.outbox.open(dataset)):
                console.print(f"{dataset}: {line}", markup=False)
    sagemaker = boto3.client("sagemaker")
    url = sagemaker.create_presigned_mlflow_app_url(Arn=deployment.mlflow_app)["AuthorizedUrl"]
    console.print(url, markup=False, soft_wrap=True)
    if sys.stdout.isatty():
        typer.launch(url)
