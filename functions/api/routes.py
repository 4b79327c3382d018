"""Every route, and what becomes of errors."""

import re
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from evergreen.errors import StoreUnavailable, UnknownDataset
from evergreen.stores.scoring import ScoringFailed
from functions.api.crm import crm
from functions.api.datasets import datasets
from functions.api.deployment import Deployment
from functions.api.health import health
from functions.api.measuring import Measure
from functions.api.predict import predict
from functions.api.predictions import predictions
from functions.api.refusals import (
    NoPrediction,
    NoSegment,
    NothingPublished,
    RowsRefused,
    malformed,
    problem,
    refused,
    unknown,
)

TITLE, VERSION = "Evergreen", "1"
DOCUMENT = "/openapi.json"
_PLACEHOLDER = re.compile("<(.*?)>")  # written {…} in the document


def resolver(deployment: Deployment, measure: Measure, logger: Logger) -> APIGatewayHttpResolver:
    """The application."""
    app = APIGatewayHttpResolver(enable_validation=True)
    datasets(app, deployment)
    predictions(app, deployment, measure)
    predict(app, deployment, measure)
    crm(app, deployment)
    health(app, deployment)

    @app.get(DOCUMENT, include_in_schema=False)
    def document() -> Response[str]:
        said = app.get_openapi_json_schema(title=TITLE, version=VERSION, description="What Evergreen predicts.")
        return Response(200, "application/json", said)

    _refusals(app, deployment, logger)
    return app


def _refusals(app: APIGatewayHttpResolver, deployment: Deployment, logger: Logger) -> None:
    def scoring_failed(error: ScoringFailed) -> Response[str]:
        logger.error("scoring failed", error=str(error))
        return problem(502, f"the champion could not answer: {error}")

    def store_unavailable(error: StoreUnavailable) -> Response[str]:
        logger.error("a store did not answer", error=str(error))
        return problem(503, "AWS does not answer just now; try again")

    answers: dict[type[Exception], Callable[[Any], Response[str]]] = {
        UnknownDataset: lambda error: unknown(str(error), list(deployment.contracts.ids)),
        NoSegment: lambda error: unknown(str(error), error.known),
        NoPrediction: lambda error: unknown(str(error), error.known),
        NothingPublished: lambda error: problem(409, str(error)),
        RowsRefused: lambda error: refused(error.refusal),
        RequestValidationError: malformed,
        ScoringFailed: scoring_failed,
        StoreUnavailable: store_unavailable,
        NotFoundError: lambda _: _no_route(app),
    }
    for kind, answer in answers.items():
        app.exception_handler(kind)(answer)


def _no_route(app: APIGatewayHttpResolver) -> Response[str]:
    """404 with the paths that there are, or 405 with the methods that a path is for."""
    method, path = app.current_event.http_method, app.current_event.path
    routes = app._dynamic_routes + app._static_routes
    allowed = ", ".join(sorted({route.method for route in routes if route.rule.match(path)}))
    if not allowed:
        paths = sorted({_PLACEHOLDER.sub(r"{\1}", route.path) for route in routes})
        return unknown(f"there is no {path}; there are: {', '.join(paths)}", paths)
    answer = problem(405, f"{path} is not for {method}, only for {allowed}")
    answer.headers["Allow"] = allowed
    return answer
