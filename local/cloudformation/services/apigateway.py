"""AWS::ApiGatewayV2."""

from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, nothing

_INTEGRATION = ("IntegrationType", "IntegrationUri", "IntegrationMethod", "PayloadFormatVersion", "TimeoutInMillis")
_ROUTE = ("RouteKey", "Target", "AuthorizationType")
_STAGE = ("AccessLogSettings", "AutoDeploy", "DefaultRouteSettings", "Description")


def put_api(wanted: Resource, before: Resource | None) -> Made:
    """Creates an HTTP API, which is served from then on, or changes its name."""
    client, settings = wanted.client("apigatewayv2"), wanted.given("Name", "Description")
    if before is None:
        made = client.create_api(ProtocolType=wanted.properties["ProtocolType"], **settings)
    else:
        made = client.update_api(ApiId=before.physical_id, **settings)
    return made["ApiId"], {"ApiEndpoint": made["ApiEndpoint"], "ApiId": made["ApiId"]}


def delete_api(api: Resource) -> None:
    """Stops serving the API and forgets it."""
    api.client("apigatewayv2").delete_api(ApiId=api.physical_id)


def put_integration(wanted: Resource, before: Resource | None) -> Made:
    """Says which function answers."""
    client, api = wanted.client("apigatewayv2"), wanted.properties["ApiId"]
    settings: dict[str, Any] = wanted.given(*_INTEGRATION)
    settings.setdefault("IntegrationMethod", "POST")
    if "TimeoutInMillis" in settings:
        settings["TimeoutInMillis"] = int(settings["TimeoutInMillis"])
    if before is None:
        return client.create_integration(ApiId=api, **settings)["IntegrationId"], {}
    client.update_integration(ApiId=api, IntegrationId=before.physical_id, **settings)
    return before.physical_id, {}


def put_route(wanted: Resource, before: Resource | None) -> Made:
    """Says which requests go to which integration."""
    client, api, settings = wanted.client("apigatewayv2"), wanted.properties["ApiId"], wanted.given(*_ROUTE)
    if before is None:
        return client.create_route(ApiId=api, **settings)["RouteId"], {}
    client.update_route(ApiId=api, RouteId=before.physical_id, **settings)
    return before.physical_id, {}


def put_stage(wanted: Resource, before: Resource | None) -> Made:
    """Makes the API answer under a stage's name; `$default` has none in its URL."""
    client, name = wanted.client("apigatewayv2"), wanted.properties["StageName"]
    settings: dict[str, Any] = wanted.given(*_STAGE)
    limits = settings.get("DefaultRouteSettings", {})
    types = {"ThrottlingBurstLimit": int, "ThrottlingRateLimit": float}
    settings["DefaultRouteSettings"] = {key: types.get(key, bool)(value) for key, value in limits.items()}
    api = wanted.properties["ApiId"]
    if before:  # moto has no UpdateStage
        client.delete_stage(ApiId=api, StageName=name)
    client.create_stage(ApiId=api, StageName=name, **settings)
    return name, {}


TYPES = {
    "AWS::ApiGatewayV2::Api": ResourceType(put_api, delete_api, immutable=("ProtocolType",)),
    # They go with their API.
    "AWS::ApiGatewayV2::Integration": ResourceType(put_integration, nothing, immutable=("ApiId",)),
    "AWS::ApiGatewayV2::Route": ResourceType(put_route, nothing, immutable=("ApiId",)),
    "AWS::ApiGatewayV2::Stage": ResourceType(put_stage, nothing, immutable=("ApiId", "StageName")),
}
