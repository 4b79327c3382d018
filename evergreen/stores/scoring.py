"""Scoring rows by the deployment's own function, which loads the champion itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evergreen.errors import StoreUnavailable, UserMustAct
from evergreen.scoring import Refusal, ScoringRequest
from evergreen.stores.faults import store_faults

_LONGEST = 300  # characters told of a function's own error


@dataclass(frozen=True)
class Scored:
    """Answers in the order of the rows, and the run of the champion that gave them."""

    champion: str
    predictions: list[dict[str, Any]]


class Scoring:
    """The scoring function of one deployment."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def score(self, dataset: str, rows: Sequence[dict[str, Any]]) -> Scored:
        """Score rows with the champion. Raises UserMustAct when they cannot be, StoreUnavailable when it failed."""
        request = ScoringRequest(dataset=dataset, rows=list(rows))
        with store_faults("score rows"):
            answer = self._client.invoke(FunctionName=self._function, Payload=request.model_dump_json().encode())
            said = answer["Payload"].read()
        if "FunctionError" in answer:
            raise StoreUnavailable(f"{self._function} failed: {said.decode(errors='replace')[:_LONGEST]}")
        found = json.loads(said)
        if "refused" in found:
            raise UserMustAct(Refusal.model_validate(found).message)
        return Scored(found["champion"], found["predictions"])
