"""What a route may answer, for the OpenAPI document."""

from typing import Any

from functions.api.answers import Problem

_MEANINGS = {
    404: "There is no such thing; says what there is.",
    405: "The path is not for this method.",
    409: "There is nothing to answer with yet: no champion, or nothing published.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "The request is not as it must be; names row and field.",
    502: "The scoring function failed.",
    503: "AWS does not answer; try again.",
}


def described(model: Any, *refusals: int, good: int = 200) -> Any:
    """An answer of this model, and refusals."""
    answer = {"description": "Successful Response", "content": {"application/json": {"model": model}}}
    return {good: answer} | {
        status: {"description": _MEANINGS[status], "content": {"application/json": {"model": Problem}}}
        for status in (*refusals, 422, 503)
    }
