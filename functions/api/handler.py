"""Api: what is published, by key; rows scored now; what is in use."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.scoring import MOST_BYTES
from functions.api.deployment import Deployment
from functions.api.measuring import Measure
from functions.api.refusals import too_large
from functions.api.routes import resolver
from functions.api.settings import Settings

logger = Logger()
deployment = Deployment(Settings.read())
measure = Measure(deployment.counts, deployment.contracts.ids)
app = resolver(deployment, measure, logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One HTTP request, as API Gateway hands it on."""
    size = len(event.get("body") or "")
    if size > MOST_BYTES:
        return measure.around(event, lambda: too_large(size))
    return measure.around(event, lambda: app.resolve(event, context))
