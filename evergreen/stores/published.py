"""Reading predictions from one whole generation: the pointer first, then the items of what it points to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergreen.errors import StoreUnavailable
from evergreen.stores.batch_reads import read_all
from evergreen.stores.faults import store_faults
from evergreen.stores.items import from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from evergreen.stores.registry import Registry

_LONGEST = 1000  # bytes of an entity that PrepareData accepts
_FLIPS = 3  # during one reading; more than one means that generations come within milliseconds


@dataclass(frozen=True)
class Seen:
    """What is published, and what it holds of those that were asked for."""

    published: dict[str, Any]
    predictions: dict[str, dict[str, Any]]  # by entity


class Published:
    """The published generation of each data set; an answer never holds items of two."""

    def __init__(self, registry: Registry, predictions: Table) -> None:
        self._registry, self._table = registry, predictions

    def read(self, dataset: str, entities: Sequence[str]) -> Seen | None:
        """The entities' predictions, as far as there are any; None while nothing is published."""
        entities = [entity for entity in entities if _can_be_a_key(entity)]
        published = self._registry.published(dataset)
        for _ in range(_FLIPS):
            if published is None:
                return None
            generation = str(published["generation"])
            found = self._items(dataset, entities, generation, consistent=False)
            lacking = [each for each in entities if each not in found]
            if lacking:  # what a cheap read does not see yet, a consistent one does
                found |= self._items(dataset, lacking, generation, consistent=True)
            if len(found) == len(set(entities)):
                return Seen(published, found)
            before, published = published, self._registry.published(dataset)
            if published and published["generation"] == before["generation"]:
                return Seen(before, found)
        raise StoreUnavailable(f"{dataset} published {_FLIPS} generations while one was read")

    def _items(self, dataset: str, entities: Sequence[str], generation: str, *, consistent: bool) -> dict[str, Any]:
        if not entities:
            return {}
        if len(entities) == 1:
            key = {"pk": f"{dataset}#{entities[0]}", "sk": generation}
            with store_faults("read a prediction"):
                item = self._table.get_item(Key=key, ConsistentRead=consistent).get("Item")
            return {entities[0]: from_item(item)} if item else {}
        keys = [{"pk": f"{dataset}#{entity}", "sk": generation} for entity in dict.fromkeys(entities)]
        items = read_all(self._table, keys, consistent=consistent)
        return {str(item["pk"]).removeprefix(f"{dataset}#"): from_item(item) for item in items}


def _can_be_a_key(entity: str) -> bool:
    """Whether an entity could have been loaded: DynamoDB refuses to look for what could not."""
    try:
        return len(entity.encode()) <= _LONGEST
    except UnicodeEncodeError:
        return False
