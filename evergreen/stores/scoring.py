"""The function that scores rows now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evergreen.errors import EvergreenError
from evergreen.scoring import Refusal, ScoringRequest
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class ScoringFailed(EvergreenError):
    """The scoring function ended with an error of its own."""


class ScoringFunction:
    """Predict, by its name."""

    def __init__(self, client: LambdaClient, name: str) -> None:
        self._client, self._name = client, name

    def score(self, request: ScoringRequest) -> dict[str, Any] | Refusal:
        """The champion's answers, or why there are none. Raises ScoringFailed."""
        answer = self._invoke(request.model_dump())
        return Refusal.model_validate(answer) if "refused" in answer else answer

    def loaded(self) -> dict[str, str]:
        """Which champions it holds in memory, by data set."""
        return dict(self._invoke({})["loaded"])

    def _invoke(self, payload: dict[str, Any]) -> dict[str, Any]:
        with store_faults("score rows"):
            answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps(payload).encode())
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise ScoringFailed(f"{said.get('errorType')}: {said.get('errorMessage')}")
        return said
