"""Writing and removing a generation's items: many at once, without what boto3 does for each of them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock, local
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from evergreen.errors import StoreUnavailable
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_BATCH = 25  # BatchWriteItem's own limit
_ATTEMPTS = 8
WORKERS = 8  # requests under way; one core fills about so many when each takes 10 ms
QUICK = Config(parameter_validation=False, max_pool_connections=WORKERS)
_LARGEST = 1e125  # DynamoDB's numbers reach no further; what is beyond is left out, as are NaN and infinity
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Loader:
    """The predictions table, for whoever loads or removes a whole generation: pk `<dataset>#<entity>`, sk the run.

    A request's body is made here: what botocore makes of typed values takes three times as long.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table, self._own = client, table, local()
        client.meta.events.register("before-call.dynamodb.BatchWriteItem", self._put_body)

    def load(self, dataset: str, generation: str, rows: Iterable[Mapping[str, Any]], workers: int = WORKERS) -> int:
        """Write one item per row (`entity` and its predictions); writing the same rows again changes nothing.

        Returns how many items were written. Raises StoreUnavailable when DynamoDB keeps refusing some.
        """
        return self._send_all("load", (_put(dataset, generation, row) for row in rows), workers)

    def remove(self, dataset: str, generation: str, entities: Iterable[str], workers: int = WORKERS) -> int:
        """Remove one item per entity, whether it is there or not. Raises StoreUnavailable."""
        return self._send_all("remove", (_delete(dataset, generation, each) for each in entities), workers)

    def _send_all(self, doing: str, requests: Iterable[str], workers: int) -> int:
        """Each worker takes the next batch when it is done with one, so that no more than these are in memory."""
        take = _taking(iter(requests))

        def work(_: int) -> int:
            return sum(self._send(doing, batch) for batch in iter(take, []))

        with ThreadPoolExecutor(workers) as pool:
            return sum(pool.map(work, range(workers)))

    def _send(self, doing: str, batch: list[str]) -> int:
        name, left = _encode(self._table), batch
        for attempt in range(_ATTEMPTS):
            self._own.body = f'{{"RequestItems":{{{name}:[{",".join(left)}]}}}}'.encode()
            with store_faults(f"{doing} predictions"):
                answer = self._client.batch_write_item(RequestItems={})
            left = [_encode(each) for each in answer["UnprocessedItems"].get(self._table, [])]
            if not left:
                return len(batch)
            time.sleep(random.uniform(0, min(5.0, 0.05 * 2**attempt)))
        raise StoreUnavailable(f"DynamoDB left {len(left)} of {len(batch)} items unprocessed {_ATTEMPTS} times")

    def _put_body(self, params: dict[str, Any], **_: Any) -> None:
        params["body"] = self._own.body


def _taking(requests: Iterator[str]) -> Callable[[], list[str]]:
    lock = Lock()

    def take() -> list[str]:
        with lock:
            return list(islice(requests, _BATCH))

    return take


def _put(dataset: str, generation: str, row: Mapping[str, Any]) -> str:
    item = {name: typed for name, value in row.items() if (typed := _typed(value))}
    item["pk"], item["sk"] = {"S": f"{dataset}#{row['entity']}"}, {"S": generation}
    item["generation"] = item["sk"]
    return _encode({"PutRequest": {"Item": item}})


def _delete(dataset: str, generation: str, entity: str) -> str:
    return _encode({"DeleteRequest": {"Key": {"pk": {"S": f"{dataset}#{entity}"}, "sk": {"S": generation}}}})


def _typed(value: Any) -> dict[str, Any] | None:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)} if abs(value) < _LARGEST else None
    return None
