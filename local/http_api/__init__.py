"""API Gateway's HTTP APIs that answer: each on a port of its own. moto only keeps their configuration."""

from typing import Any

from moto.apigatewayv2.models import ApiGatewayV2Backend

from local.cloud import Cloud
from local.http_api.server import ApiServer
from local.seams import Seams


def install(cloud: Cloud) -> None:
    """Serves every HTTP API from its creation to its deletion, and says where in its ApiEndpoint."""
    seams = Seams(cloud)
    servers: dict[str, ApiServer] = {}

    def create(backend: Any, **settings: Any) -> Any:
        api = stock_create(backend, **settings)
        if api.protocol_type == "HTTP":
            servers[api.api_id] = ApiServer(cloud, api)
            api.api_endpoint = servers[api.api_id].address
        return api

    def delete(backend: Any, api_id: str) -> None:
        stock_delete(backend, api_id)
        if api_id in servers:
            servers.pop(api_id).close()

    def close() -> None:
        while servers:
            servers.popitem()[1].close()

    stock_create = seams.replace(ApiGatewayV2Backend, "create_api", create)
    stock_delete = seams.replace(ApiGatewayV2Backend, "delete_api", delete)
    cloud.on_close(close)
