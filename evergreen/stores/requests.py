"""Sending requests for runs: events on the default bus, which reach Dispatch as every other reason to run does."""

import json
from typing import Any

from evergreen.errors import StoreUnavailable
from evergreen.requests import DETAIL_TYPE, SOURCE, RunRequest
from evergreen.stores.faults import store_faults

_AT_ONCE = 10  # entries of one PutEvents


class Requests:
    """The requests of one deployment, which its workflow's ARN tells from those of another in the same account."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def send(self, *requests: RunRequest) -> None:
        """Put requests on the bus. Raises StoreUnavailable when some were not taken; all may be sent again."""
        for start in range(0, len(requests), _AT_ONCE):
            entries = [self._entry(request) for request in requests[start : start + _AT_ONCE]]
            with store_faults("request a run"):
                answer = self._client.put_events(Entries=entries)
            if answer["FailedEntryCount"]:
                refused = [each for each in answer["Entries"] if each.get("ErrorCode")]
                raise StoreUnavailable(f"request a run: the event bus refused {refused}")

    def _entry(self, request: RunRequest) -> dict[str, Any]:
        return {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Resources": [self._state_machine_arn],
            "Detail": json.dumps(request.detail()),
        }
