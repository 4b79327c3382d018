"""DynamoDB items, as the snapshot holds them."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.cloud import Cloud
from local.state.blobs import Blobs


def capture(cloud: Cloud, blobs: Blobs) -> dict[str, str]:
    """The name of the contents of every table, by table."""
    tables = dynamodb_backends[cloud.account][cloud.region].tables
    return {name: blobs.put(_as_json(list(_items(table)))) for name, table in list(tables.items())}


def _as_json(found: list[dict[str, Any]]) -> bytes:
    return json.dumps(found, default=lambda binary: base64.b64encode(binary).decode()).encode()


def _items(table: Any) -> Iterator[dict[str, Any]]:
    for group in table.items.values():
        for item in group.values() if table.has_range_key else [group]:
            yield item.to_json()["Attributes"]


def restore(cloud: Cloud, tables: dict[str, str], blobs: Blobs) -> dict[str, str]:
    """Puts the items back and returns the tables that no template has any more."""
    existing = dynamodb_backends[cloud.account][cloud.region].tables
    for name in set(tables) & set(existing):
        for item in json.loads(blobs.get(tables[name])):
            existing[name].put_item(item, overwrite=True)
    return {name: blob for name, blob in tables.items() if name not in existing}
