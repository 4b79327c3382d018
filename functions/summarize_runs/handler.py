"""SummarizeRuns: one notice for all the runs that `retrain_many` asked for, a line for each data set."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.results import summary
from evergreen.stores.notices import Notice, Notices
from functions.summarize_runs.request import Request
from functions.summarize_runs.settings import Settings

settings = Settings.read()
logger = Logger()
notices = Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the results as they were told."""
    request = Request.model_validate(event)
    subject, body = summary(request.asked, request.results)
    notices.send(
        Notice(
            notification_id=request.execution_id,
            dataset="retrain_many",
            kind="RUNS_SUMMARIZED",
            subject=subject,
            body=body,
        )
    )
    return {"results": [result.model_dump() for result in request.results]}
