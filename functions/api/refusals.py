"""Errors as answers: who must act, told by the status, and what to do, told in words."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from evergreen.errors import UserMustAct
from evergreen.scoring import Refusal, Refused
from functions.api.answers import Problem

STATUS = {Refused.NO_CHAMPION: 409, Refused.MALFORMED_ROWS: 422, Refused.TOO_MANY_ROWS: 413}
_MOST_KNOWN = 50


class NothingPublished(UserMustAct):
    """The data set has no published generation yet."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset} has published nothing yet; drop a file: evergreen drop {dataset} FILE.csv")


class NoPrediction(UserMustAct):
    """The published generation has none for this entity."""

    def __init__(self, message: str, known: list[str]) -> None:
        super().__init__(message)
        self.known = known


class NoSegment(NoPrediction):
    """There is no segment to tell of; says which data sets have some."""


class RowsRefused(UserMustAct):
    """The scoring function refused what was sent."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def problem(status: int, message: str, **more: Any) -> Response[str]:
    """An answer that is an error."""
    said = Problem(message=message, **more).model_dump(exclude_defaults=True)
    return Response(status, "application/json", json.dumps(said))


def unknown(message: str, known: list[str]) -> Response[str]:
    """404, with what there is."""
    return problem(404, message, known=sorted(known)[:_MOST_KNOWN])


def refused(refusal: Refusal) -> Response[str]:
    """What the scoring function refused, with the status that says who must act."""
    return problem(STATUS[refusal.refused], refusal.message, faults=list(refusal.faults))


def malformed(error: RequestValidationError) -> Response[str]:
    """422 for a body or path that is not as the OpenAPI document has it, naming row and field where there are."""
    faults = [_fault(each) for each in error.errors()]
    return problem(422, "; ".join(_sentence(each) for each in error.errors()[:5]), faults=faults)


def _fault(error: dict[str, Any]) -> dict[str, Any]:
    place = [each for each in error["loc"] if each != "body"]
    row = next((each for each in place if isinstance(each, int)), None)
    field = ".".join(str(each) for each in place if not isinstance(each, int)) or None
    return {"row": row, "field": field, "rule": str(error["type"]), "reason": str(error.get("msg", error["type"]))}


def _sentence(error: dict[str, Any]) -> str:
    place = ".".join(str(each) for each in error["loc"]) or "body"
    return f"{place}: {error.get('msg', error['type'])}"
