"""Reading many items by key in few calls."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evergreen.errors import StoreUnavailable
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEYS = 100  # BatchGetItem's own limit
_ATTEMPTS = 6


def read_all(table: Table, keys: Sequence[dict[str, str]], *, consistent: bool) -> list[Any]:
    """The items that there are, in no order. Raises StoreUnavailable when DynamoDB keeps leaving some unread."""
    items: list[Any] = []
    for start in range(0, len(keys), _KEYS):
        items += _read(table, list(keys[start : start + _KEYS]), consistent)
    return items


def _read(table: Table, keys: list[dict[str, str]], consistent: bool) -> list[Any]:
    wanted: Any = {table.name: {"Keys": keys, "ConsistentRead": consistent}}
    items: list[Any] = []
    for attempt in range(_ATTEMPTS):
        with store_faults("read items"):
            answer = table.meta.client.batch_get_item(RequestItems=wanted)
        items += answer["Responses"].get(table.name, [])
        wanted = answer.get("UnprocessedKeys")
        if not wanted:
            return items
        time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise StoreUnavailable(f"DynamoDB left items of {table.name} unread {_ATTEMPTS} times")
