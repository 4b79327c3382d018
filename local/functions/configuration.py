"""The parts of a function's configuration that moto drops or refuses."""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import ImageConfig, LambdaBackend, LambdaFunction

from local.cloud import Cloud
from local.seams import Seams

_RUNTIME_CLIENT = ["python", "-m", "awslambdaric"]


def install_configuration(cloud: Cloud, seams: Seams) -> None:
    """Keeps log group, dead-letter queue and handler, accepts layers of other accounts, refuses others' images."""

    def layers(function: Any, arns: list[str]) -> list[dict[str, Any]]:
        return [{"Arn": arn, "CodeSize": 0} for arn in arns]

    def create_function(backend: Any, spec: dict[str, Any]) -> Any:
        if spec.get("PackageType") == "Image" or "ImageUri" in spec["Code"]:
            _refuse_what_only_the_image_has(cloud, spec["FunctionName"], spec.get("ImageConfig", {}))
        function = create(backend, spec)
        _keep(function, spec)
        return function

    def update_configuration(function: Any, changes: dict[str, Any]) -> Any:
        if "ImageConfig" in changes:
            _refuse_what_only_the_image_has(cloud, function.function_name, changes["ImageConfig"])
        _keep(function, changes)
        return update(function, changes)

    def get_configuration(function: Any, on_create: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = get(function, on_create)
        if function.package_type == "Image":  # it has neither
            del shown["Handler"], shown["Runtime"]
        shown["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": function.logs_group_name}
        if getattr(function, "dead_letter_arn", None):
            shown["DeadLetterConfig"] = {"TargetArn": function.dead_letter_arn}
        return shown

    # moto knows only the layers of its own account; what public layers hold comes from the environment's libraries.
    seams.replace(LambdaFunction, "_get_layers_data", layers)
    # moto forgets LoggingConfig and DeadLetterConfig, and a change of ImageConfig.
    create = seams.replace(LambdaBackend, "create_function", create_function)
    update = seams.replace(LambdaFunction, "update_configuration", update_configuration)
    get = seams.replace(LambdaFunction, "get_configuration", get_configuration)


def _keep(function: Any, spec: dict[str, Any]) -> None:
    if "LoggingConfig" in spec:
        function.logs_group_name = spec["LoggingConfig"].get("LogGroup") or f"/aws/lambda/{function.function_name}"
    if "DeadLetterConfig" in spec:
        function.dead_letter_arn = spec["DeadLetterConfig"].get("TargetArn")
    if "ImageConfig" in spec:
        function.image_config = ImageConfig(spec["ImageConfig"])


def _refuse_what_only_the_image_has(cloud: Cloud, name: str, config: dict[str, Any]) -> None:
    """The laptop has no images; it runs a handler whose code is the repository's own `container/`."""
    handler = (config.get("Command") or [""])[0]
    module = cloud.repo / (handler.rpartition(".")[0].replace(".", "/") + ".py")
    if config.get("EntryPoint") == _RUNTIME_CLIENT and handler.startswith("container.") and module.is_file():
        return
    raise InvalidParameterValueException(
        f"Function {name} is packaged as a container image, and the laptop cloud runs only those whose ImageConfig has "
        f"EntryPoint {_RUNTIME_CLIENT} and a Command like container.module.handler of this repository, not "
        f"{config.get('EntryPoint')} and {config.get('Command')}; else package it as a zip, or leave it out here."
    )
