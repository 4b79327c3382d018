"""Where segment updates go: a CRM's webhook, or the event bus."""

from __future__ import annotations

import json
from typing import Any, Protocol

import urllib3
from pydantic import Field

from evergreen.errors import EvergreenError, StoreUnavailable
from evergreen.events_out import SegmentChanged
from evergreen.stores.event_bus import EventBus
from evergreen.stores.faults import store_faults
from evergreen.strict import Strict

_TIMEOUT = urllib3.Timeout(connect=3, read=10)
_MAY_PASS = (401, 403, 408, 425, 429)  # not this customer's fault: the token, or too much at a time
_LONGEST_ANSWER = 200  # characters


class CrmRefused(EvergreenError):
    """The CRM does not take the update of this customer; others may well be taken."""


class Target(Protocol):
    """What takes segment updates."""

    def tell(self, update: SegmentChanged) -> None:
        """Hand one update over. Raises StoreUnavailable when nobody answers, CrmRefused when it is not wanted."""
        ...


class CrmAccess(Strict):
    """The secret of a CRM: where its webhook is, and what opens it."""

    url: str = Field(pattern=r"^https?://")
    token: str | None = None


class Webhook:
    """POST of each update as JSON; the header Idempotency-Key is the event's id, the same at every try."""

    def __init__(self, access: CrmAccess) -> None:
        self._access = access
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    @classmethod
    def of(cls, secrets: Any, secret: str) -> Webhook:
        """The webhook that a secret of Secrets Manager names. Raises pydantic.ValidationError."""
        with store_faults("read the CRM's secret"):
            said = secrets.get_secret_value(SecretId=secret)["SecretString"]
        return cls(CrmAccess.model_validate_json(said))

    def tell(self, update: SegmentChanged) -> None:
        """Hand one update over. Raises StoreUnavailable when nobody answers, CrmRefused when it is not wanted."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": update.event_id}
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        body = json.dumps(update.detail()).encode()
        try:
            answer = self._pool.request("POST", self._access.url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailable(f"the CRM does not answer: {error}") from error
        if 200 <= answer.status < 300:
            return
        said = f"the CRM answered {answer.status}: {answer.data[:_LONGEST_ANSWER].decode(errors='replace')}"
        if answer.status >= 500 or answer.status in _MAY_PASS:
            raise StoreUnavailable(said)
        raise CrmRefused(said)


class OnTheBus:
    """An event for each update, for whoever listens."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def tell(self, update: SegmentChanged) -> None:
        """Put one update on the bus. Raises StoreUnavailable."""
        self._bus.put([update])
