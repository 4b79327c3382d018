"""What the routes read from; clients that most requests do without are made when one needs them."""

import json
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from evergreen.contracts import Contracts
from evergreen.errors import EvergreenError
from evergreen.scoring import Refusal, ScoringRequest
from evergreen.stores.faults import store_faults
from evergreen.stores.published import Published
from evergreen.stores.registry import Registry
from evergreen.stores.request_counts import RequestCounts
from evergreen.stores.standings import Standings
from functions.api.settings import Settings


class ScoringFailed(EvergreenError):
    """The scoring function ended with an error of its own."""


class Deployment:
    """The data sets, their stores and the function that scores."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        tables = boto3.resource("dynamodb")
        table = tables.Table(settings.REGISTRY_TABLE)
        self.contracts = Contracts.deployed()
        self.standings, self.counts = Standings(table), RequestCounts(table)
        self.published = Published(Registry(table), tables.Table(settings.PREDICTIONS_TABLE))

    def score(self, request: ScoringRequest) -> dict[str, Any] | Refusal:
        """The champion's answers, or why there are none."""
        answer = self._predict(request.model_dump())
        return Refusal.model_validate(answer) if "refused" in answer else answer

    def loaded(self) -> dict[str, str]:
        """Which champions the scoring function holds in memory, by data set."""
        return dict(self._predict({})["loaded"])

    def _predict(self, payload: dict[str, Any]) -> dict[str, Any]:
        with store_faults("score rows"):
            answer = self._lambda.invoke(
                FunctionName=self._settings.PREDICT_FUNCTION, Payload=json.dumps(payload).encode()
            )
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise ScoringFailed(f"{said.get('errorType')}: {said.get('errorMessage')}")
        return said

    @cached_property
    def _lambda(self) -> Any:
        # Whoever asked has gone by the time that a second try would answer.
        return boto3.client("lambda", config=Config(read_timeout=29, retries={"total_max_attempts": 1}))
