"""Who scores rows for `evergreen verify`: the endpoint where it answers with the champion, else the function."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config

from evergreen.cli.deployment import Deployment
from evergreen.endpoint_moves import EndpointState
from evergreen.errors import UserMustAct
from evergreen.metrics import Task
from evergreen.predictions import read_answers
from evergreen.scoring import Refusal, ScoringRequest
from evergreen.stores.endpoint_answers import EndpointAnswers
from evergreen.stores.scoring import ScoringFunction

_AT_ONCE = 200  # rows of a request
_PATIENT = Config(read_timeout=90, retries={"total_max_attempts": 2})


class Scorer(Protocol):
    """Scores rows of features as a run prepared them."""

    @property
    def name(self) -> str:
        """For people."""

    def score(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """One answer for each row, in their order."""


@dataclass(frozen=True)
class ByFunction:
    """The scoring function, which POST /predict asks."""

    function: ScoringFunction
    dataset: str

    @property
    def name(self) -> str:
        return "the scoring function"

    def score(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        for some in _cut(rows):
            answer = self.function.score(ScoringRequest(dataset=self.dataset, rows=some, prepared=True))
            if isinstance(answer, Refusal):
                raise UserMustAct(answer.message)
            answers += answer["predictions"]
        return answers


@dataclass(frozen=True)
class ByEndpoint:
    """The data set's endpoint, asked directly."""

    answers: EndpointAnswers
    endpoint: str
    champion: str
    task: Task
    features: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"the endpoint {self.endpoint}"

    def score(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for some in _cut(rows):
            instances = [[row.get(name) for name in self.features] for row in some]
            lines = self.answers.score(self.endpoint, instances, self.champion)
            found += read_answers(lines, self.endpoint, self.champion, self.task)
        return found


def scorer_of(deployment: Deployment, dataset: str, champion: str, task: Task, features: tuple[str, ...]) -> Scorer:
    """The endpoint, where it answers with the champion."""
    record = deployment.endpoints.find(dataset)
    if record and record.state is EndpointState.SERVING and record.champion == champion:
        answers = EndpointAnswers(boto3.client("sagemaker-runtime", config=_PATIENT))
        return ByEndpoint(answers, record.endpoint, champion, task, features)
    if not deployment.predict:
        raise UserMustAct("this stack has no function that scores rows; deploy it anew")
    return ByFunction(ScoringFunction(boto3.client("lambda", config=_PATIENT), deployment.predict), dataset)


def _cut(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [list(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
