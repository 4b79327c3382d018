"""What the routes read from; clients that most requests do without are made when one needs them."""

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from evergreen.contracts import Contracts
from evergreen.endpoint import endpoint_name
from evergreen.layout import ObservedLayout
from evergreen.stores.files import Files
from evergreen.stores.published import Published
from evergreen.stores.registry import Registry
from evergreen.stores.request_counts import RequestCounts
from evergreen.stores.scoring import ScoringFunction
from evergreen.stores.segment_queue import SegmentQueue
from evergreen.stores.segments import Segments
from evergreen.stores.standings import Standings
from evergreen.yield_series import YieldSeries
from functions.api.settings import Settings


class Deployment:
    """The data sets, their stores and the function that scores."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        tables = boto3.resource("dynamodb")
        table = tables.Table(settings.REGISTRY_TABLE)
        self.contracts = Contracts.deployed()
        self.standings, self.counts = Standings(table), RequestCounts(table)
        self.segments = Segments(tables.Table(settings.SEGMENTS_TABLE))
        self.published = Published(Registry(table), tables.Table(settings.PREDICTIONS_TABLE))

    def measured_yield(self, dataset: str) -> dict[str, Any] | None:
        """The newest measure of the observed yield."""
        files = Files(self._s3, self._settings.DATA_BUCKET)
        series = files.find(ObservedLayout(dataset).series, YieldSeries)
        return series.measure.model_dump(mode="json") if series and series.measure else None

    def endpoint(self, dataset: str) -> str:
        """What the endpoint of a data set is called, where it has one."""
        return endpoint_name(self._settings.STACK_NAME, dataset)

    @cached_property
    def _s3(self) -> Any:
        return boto3.client("s3")

    @cached_property
    def scoring(self) -> ScoringFunction:
        """Made when rows are to be scored: most requests are for what is published."""
        # Whoever asked has gone by the time that a second try would answer.
        config = Config(read_timeout=29, retries={"total_max_attempts": 1})
        return ScoringFunction(boto3.client("lambda", config=config), self._settings.PREDICT_FUNCTION)

    @cached_property
    def segment_queue(self) -> SegmentQueue:
        """Made when the CRM is to be told of somebody."""
        return SegmentQueue(boto3.client("sqs"), self._settings.SEGMENTS_QUEUE_URL)
