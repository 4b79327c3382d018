"""A request's body, refused before anything is read where it is too large, no JSON, or no text."""

import base64
import json
from math import isfinite
from typing import Any, NoReturn

from evergreen.scoring import MOST_BYTES
from functions.api.answers import Problem

_LONGEST_NUMBER = 30  # characters of one that are told
_WITH_BODY = ("POST", "PUT", "PATCH")


class BodyRefused(Exception):
    """A body that no route can take, and the status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def answer(self) -> dict[str, Any]:
        """The answer, as API Gateway takes it."""
        body = Problem(message=str(self)).model_dump_json(exclude_defaults=True)
        return {"statusCode": self.status, "headers": {"Content-Type": "application/json"}, "body": body}


def with_plain_body(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its body as JSON text. Raises BodyRefused."""
    body = event.get("body")
    if body is None or event["requestContext"]["http"]["method"] not in _WITH_BODY:
        return event
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
    if len(raw) > MOST_BYTES:
        message = f"the body has {len(raw):,} bytes, and {MOST_BYTES:,} are the most: send fewer rows at once"
        raise BodyRefused(413, message)
    kind = str(event.get("headers", {}).get("content-type", "application/json")).split(";")[0].strip().lower()
    if kind != "application/json":
        raise BodyRefused(415, f"the body is said to be {kind[:100]}: send JSON, as application/json")
    try:
        text = raw.decode()
        json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise BodyRefused(422, f"byte {error.start} of the body is not UTF-8: send JSON in UTF-8") from None
    except RecursionError:
        raise BodyRefused(422, "the body is nested too deeply") from None
    except ValueError as error:
        raise BodyRefused(422, f"the body is no JSON: {error}") from None
    return {**event, "body": text, "isBase64Encoded": False}


def _refuse(constant: str) -> NoReturn:
    """What Python reads and JSON does not have; Lambda would refuse to hand it on."""
    raise ValueError(f"{constant} is no value of JSON, give null where a value is unknown")


def _finite(number: str) -> float:
    if isfinite(value := float(number)):
        return value
    raise ValueError(f"{number[:_LONGEST_NUMBER]} is too large a number")
