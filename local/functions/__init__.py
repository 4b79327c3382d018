"""Lambda functions as processes of their own asset, environment and role."""

from typing import Any

from moto.awslambda.models import LambdaFunction

from local.cloud import Cloud
from local.functions.configuration import install_configuration
from local.functions.invocations import Invoker
from local.functions.queues import install_queues
from local.seams import Seams


def install(cloud: Cloud) -> None:
    """Has moto run functions without Docker and poll queues for them."""

    seams = Seams(cloud)
    invoker = Invoker(cloud)

    def invoke(function: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes:
        return invoker.invoke(function, body, request_headers, response_headers)

    # moto runs a function in a Docker container per invocation, and answers with an error where there is no Docker.
    seams.replace(LambdaFunction, "invoke", invoke)
    install_configuration(seams)
    install_queues(cloud, seams, invoker)
