"""Predictions by entity and generation; readers see one whole generation per data set."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from evergreen.errors import StoreUnavailable
from evergreen.stores.faults import store_faults
from evergreen.stores.items import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_BATCH = 25  # BatchWriteItem's own limit
_ATTEMPTS = 8


class Predictions:
    """Table with pk `<dataset>#<entity>` and sk `<generation>`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, dataset: str, generation: str, rows: Iterable[Mapping[str, Any]], workers: int = 4) -> int:
        """Write one item per row (`entity` and its predictions); writing the same rows again changes nothing.

        Returns how many items were written. Raises StoreUnavailable when DynamoDB keeps refusing some.
        """
        items = (_item(dataset, generation, row) for row in rows)
        batches = iter(lambda: list(islice(items, _BATCH)), [])
        with ThreadPoolExecutor(workers) as pool:
            return sum(pool.map(self._write, batches))

    def get(self, dataset: str, entity: str, generation: str) -> dict[str, Any] | None:
        """One entity's prediction in one generation."""
        key = {"pk": f"{dataset}#{entity}", "sk": generation}
        with store_faults("read a prediction"):
            item = self._table.get_item(Key=key).get("Item")
        return from_item(item) if item else None

    def _write(self, batch: list[dict[str, Any]]) -> int:
        requests: Any = {self._table.name: [{"PutRequest": {"Item": item}} for item in batch]}
        for attempt in range(_ATTEMPTS):
            with store_faults("load predictions"):
                requests = self._table.meta.client.batch_write_item(RequestItems=requests).get("UnprocessedItems")
            if not requests:
                return len(batch)
            time.sleep(random.uniform(0, min(5.0, 0.05 * 2**attempt)))
        left = len(requests[self._table.name])
        raise StoreUnavailable(f"DynamoDB left {left} of {len(batch)} items unprocessed {_ATTEMPTS} times")


def _item(dataset: str, generation: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return to_item({**row, "pk": f"{dataset}#{row['entity']}", "sk": generation, "generation": generation})
