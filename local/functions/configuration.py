"""The parts of a function's configuration that moto drops or refuses."""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction

from local.seams import Seams


def install_configuration(seams: Seams) -> None:
    """Keeps log group and dead-letter queue, accepts layers of other accounts, and refuses images by name."""

    def layers(function: Any, arns: list[str]) -> list[dict[str, Any]]:
        return [{"Arn": arn, "CodeSize": 0} for arn in arns]

    def create_function(backend: Any, spec: dict[str, Any]) -> Any:
        _refuse_image(spec)
        function = create(backend, spec)
        _keep(function, spec)
        return function

    def update_configuration(function: Any, changes: dict[str, Any]) -> Any:
        _keep(function, changes)
        return update(function, changes)

    def get_configuration(function: Any, on_create: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = get(function, on_create)
        shown["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": function.logs_group_name}
        if getattr(function, "dead_letter_arn", None):
            shown["DeadLetterConfig"] = {"TargetArn": function.dead_letter_arn}
        return shown

    # moto knows only the layers of its own account; what public layers hold comes from the environment's libraries.
    seams.replace(LambdaFunction, "_get_layers_data", layers)
    # moto forgets LoggingConfig and DeadLetterConfig.
    create = seams.replace(LambdaBackend, "create_function", create_function)
    update = seams.replace(LambdaFunction, "update_configuration", update_configuration)
    get = seams.replace(LambdaFunction, "get_configuration", get_configuration)


def _keep(function: Any, spec: dict[str, Any]) -> None:
    if "LoggingConfig" in spec:
        function.logs_group_name = spec["LoggingConfig"].get("LogGroup") or f"/aws/lambda/{function.function_name}"
    if "DeadLetterConfig" in spec:
        function.dead_letter_arn = spec["DeadLetterConfig"].get("TargetArn")


def _refuse_image(spec: dict[str, Any]) -> None:

    if spec.get("PackageType") == "Image" or "ImageUri" in spec.get("Code", {}):
        raise InvalidParameterValueException(
            f"Function {spec.get('FunctionName')} is packaged as a container image, which the laptop cloud does not "
            "run; package it as a zip, or leave it out of the stack here."
        )
