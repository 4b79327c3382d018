"""Lambda functions as processes of their own asset, environment and role."""

from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

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

    def delete_function(backend: Any, function_name: str, qualifier: str | None = None) -> None:
        delete(backend, function_name, qualifier)
        invoker.pool.forget(function_name.rsplit(":", 1)[-1])

    # moto runs a function in a Docker container per invocation, and answers with an error where there is no Docker.
    seams.replace(LambdaFunction, "invoke", invoke)
    delete = seams.replace(LambdaBackend, "delete_function", delete_function)
    cloud.on_ready(lambda: invoker.warm(lambda_backends[cloud.account][cloud.region].list_functions()))
    install_configuration(cloud, seams)
    install_queues(cloud, seams, invoker)
