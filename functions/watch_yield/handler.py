"""WatchYield: after each measure, whether a champion that was promoted for a low yield has made it worse."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import dataset_of_series
from functions.watch_yield.settings import Settings
from functions.watch_yield.watching import Watching

logger = Logger()
watching = Watching.wired(Settings.read())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """The event that S3 sends for a new series of a data set's yield; says in words what came of it."""
    dataset = dataset_of_series(event["detail"]["object"]["key"])
    outcome = watching.look(dataset, datetime.now(UTC))
    logger.info("watched", extra={"dataset": dataset, "outcome": outcome})
    return {"dataset": dataset, "outcome": outcome}
