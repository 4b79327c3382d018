"""FailRun: ends a run that went wrong: says why in words, tells people once, keeps its arrivals for the next run."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.failures import describe
from evergreen.stores.endings import Endings
from functions.fail_run.request import Request
from functions.fail_run.settings import Settings

settings = Settings.read()
logger = Logger()
endings = Endings.of(settings.REGISTRY_TABLE, settings.NOTICES_TOPIC_ARN, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Returns the cause in words. The lease is freed by Dispatch when the execution has ended."""
    run = Request.model_validate(event)
    cause = describe(run.error, run.run_id)
    endings.fail(run.run_id, cause)
    return {"cause": cause}
