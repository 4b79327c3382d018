"""Api: what is published, by key; rows scored now; what is in use."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.bodies import BodyRefused, with_plain_body
from functions.api.deployment import Deployment
from functions.api.measuring import Measure
from functions.api.routes import resolver
from functions.api.settings import Settings

logger = Logger()
deployment = Deployment(Settings.read())
measure = Measure(deployment.counts, deployment.contracts.ids)
app = resolver(deployment, measure, logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One HTTP request, as API Gateway hands it on."""
    return measure.around(event, lambda: _answer(event, context))


def _answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        return app.resolve(with_plain_body(event), context)
    except BodyRefused as refused:
        return refused.answer()
