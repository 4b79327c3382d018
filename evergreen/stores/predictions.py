"""Reading predictions by entity and generation; readers see one whole generation per data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergreen.stores.faults import store_faults
from evergreen.stores.items import from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Predictions:
    """Table with pk `<dataset>#<entity>` and sk `<generation>`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.table = table.name

    def get(self, dataset: str, entity: str, generation: str) -> dict[str, Any] | None:
        """One entity's prediction in one generation; what a cheap read does not see yet, a consistent one does."""
        key = {"pk": f"{dataset}#{entity}", "sk": generation}
        for consistent in (False, True):
            with store_faults("read a prediction"):
                item = self._table.get_item(Key=key, ConsistentRead=consistent).get("Item")
            if item:
                return from_item(item)
        return None
