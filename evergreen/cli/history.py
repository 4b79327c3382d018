"""A run's execution history as state visits: when each began, how long it took, and why each choice went its way."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

WORK = (
    "PrepareSmallData",
    "PrepareData",
    "CollectSamples",
    "LabelWithTeachers",
    "TrainChallenger",
    "EvaluateChallenger",
    "ScoreEntities",
    "LoadEachPart",
)
_SILENT = {
    "ChooseCollection",
    "ChooseEndpoint",
    "ChooseLabelling",
    "ChooseLogging",
    "ChooseTraining",
    "IsPlatformFault",
}  # choices for which no task before them gave a reason
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


@dataclass(frozen=True)
class StateVisit:
    """One visit to one state; `ended` is None while it lasts."""

    name: str
    began: datetime
    ended: datetime | None = None
    reason: str = ""  # of a choice, or of a failure

    @property
    def seconds(self) -> float | None:
        return (self.ended - self.began).total_seconds() if self.ended else None


@dataclass(frozen=True)
class Execution:
    """What is known of one execution so far."""

    began: datetime
    ended: datetime | None
    visits: tuple[StateVisit, ...]

    @property
    def work_seconds(self) -> float:
        """Time in the states that do the work itself."""
        return sum(visit.seconds or 0.0 for visit in self.visits if visit.name in WORK)


def read_execution(arn: str) -> Execution | None:
    """The execution with this ARN; None when Step Functions does not know it (any more)."""
    client = boto3.client("stepfunctions")
    try:
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return parse([event for page in pages for event in page["events"]])
    except client.exceptions.ExecutionDoesNotExist:
        return None


def parse(events: Iterable[Mapping[str, Any]]) -> Execution | None:
    """Read history events, oldest first."""
    visits: list[StateVisit] = []
    began = ended = None
    failure = ""
    for event in events:
        at, kind = event["timestamp"], event["type"]
        began = began or at
        if kind.endswith("StateEntered"):
            entered = event["stateEnteredEventDetails"]
            tells = kind == "ChoiceStateEntered" and entered["name"] not in _SILENT
            reason = _choice_reason(entered.get("input", "{}")) if tells else ""
            visits.append(StateVisit(entered["name"], at, reason=reason))
        elif kind.endswith("StateExited"):
            name = event["stateExitedEventDetails"]["name"]
            visits = [_closed(visit, name, at, failure) for visit in visits]
            failure = ""
        elif kind == "TaskSucceeded":
            failure = ""
        elif kind in ("TaskFailed", "TaskTimedOut"):
            details = event.get("taskFailedEventDetails") or event.get("taskTimedOutEventDetails") or {}
            failure = details.get("error", kind)
        elif kind in _ENDS:
            ended = at
            visits = [visit if visit.ended else _closed(visit, visit.name, at, failure) for visit in visits]
    return Execution(began, ended, tuple(visits)) if began else None


def _closed(visit: StateVisit, name: str, at: datetime, failure: str) -> StateVisit:
    if visit.name != name or visit.ended:
        return visit
    return StateVisit(visit.name, visit.began, at, visit.reason or failure)


def _choice_reason(state_input: str) -> str:
    """The sentence that the task before the choice left for it."""
    try:
        state: dict[str, Any] = json.loads(state_input)
    except ValueError:
        return ""
    for source in ("champion", "approval", "verdict", "data"):
        value = state.get(source, {}).get("value", {})
        if value.get("reason"):
            return str(value["reason"])
    return ""
