"""The operations of the SageMaker API on endpoints, in place of moto's, where there is no UpdateEndpoint either."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.responses import SageMakerResponse

from local.endpoints.fleet import Fleet


def operations(fleet: Fleet) -> dict[str, Callable[[Any], Any]]:
    """By moto's names for them."""
    make_config = SageMakerResponse.create_endpoint_config

    def create_config(response: Any) -> Any:
        name = json.loads(response.body)["EndpointConfigName"]
        known = fleet.backend.endpoint_configs.get(name)
        if known:
            raise ValidationError(
                f'Cannot create already existing endpoint configuration "{known.endpoint_config_arn}".'
            )
        return make_config(response)

    def create(response: Any) -> Any:
        request = json.loads(response.body)
        made = fleet.create(request["EndpointName"], request["EndpointConfigName"], request.get("Tags"))
        return ActionResult({"EndpointArn": made.arn})

    def update(response: Any) -> Any:
        request = json.loads(response.body)
        return ActionResult({"EndpointArn": fleet.update(request["EndpointName"], request["EndpointConfigName"]).arn})

    def describe(response: Any) -> Any:
        return ActionResult(fleet.find(json.loads(response.body)["EndpointName"]).response_object)

    def delete(response: Any) -> Any:
        fleet.delete(json.loads(response.body)["EndpointName"])
        return EmptyResult()

    return {
        "create_endpoint_config": create_config,
        "create_endpoint": create,
        "update_endpoint": update,
        "describe_endpoint": describe,
        "delete_endpoint": delete,
    }
