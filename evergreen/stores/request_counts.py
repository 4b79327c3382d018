"""Counts of requests that outlive the functions which count."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from evergreen.errors import StoreUnavailable
from evergreen.request_metrics import COUNTS, Route, Series, Tally
from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_SECONDS = 1.0  # between two writes of one process
_SHOWN = timedelta(days=30)  # what no request has added to for longer is of a model long gone


class RequestCounts:
    """`METRICS` × `<dataset>#<route>#<model version>` of the Registry table, added to by every process.

    A process writes down its first request at once and later ones at most once a second, so a process that ends takes
    at most what its last second counted with it.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.monotonic) -> None:
        self._table, self._clock = table, clock
        self._written_at: float | None = None
        self.tally = Tally()

    def write_when_due(self) -> None:
        """Write down what was counted, unless that was done just now."""
        if self._written_at is None or self._clock() - self._written_at >= _SECONDS:
            self.write()

    def write(self) -> None:
        """Write down what was counted; what cannot be written is kept for the next time."""
        self._written_at = self._clock()
        for series, counter in self.tally.take().items():
            try:
                self._add(series, counter)
            except (StoreUnavailable, ClientError):  # no reader is refused an answer for a count
                self.tally.give_back(series, counter)

    def read(self) -> dict[Series, dict[str, int]]:
        """What all processes have written down, of the series that were added to lately."""
        since = (datetime.now(UTC) - _SHOWN).isoformat()
        items: list[Any] = [*query_all(self._table, Key("pk").eq(COUNTS))]
        return {
            Series(item["dataset"], cast(Route, item["route"]), item["model_version"]): {
                name: value for name, value in item.items() if isinstance(value, int)
            }
            for item in items
            if item["at"] >= since
        }

    def _add(self, series: Series, counter: dict[str, int]) -> None:
        labels = {"dataset": series.dataset, "route": series.route, "model_version": series.model_version}
        said: dict[str, Any] = {**labels, "at": datetime.now(UTC).isoformat()}
        names, values = [*said, *counter], [*said.values(), *counter.values()]
        sets = ", ".join(f"#{place} = :{place}" for place in range(len(said)))
        adds = ", ".join(f"#{place} :{place}" for place in range(len(said), len(names)))
        with store_faults("count requests"):
            self._table.update_item(
                Key={"pk": COUNTS, "sk": f"{series.dataset}#{series.route}#{series.model_version}"},
                UpdateExpression=f"SET {sets} ADD {adds}",
                ExpressionAttributeNames={f"#{place}": name for place, name in enumerate(names)},
                ExpressionAttributeValues={f":{place}": value for place, value in enumerate(values)},
            )
