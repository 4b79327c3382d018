"""DynamoDB's answers, without what moto spends a fifth of its time on.

It looks in every value for every kind of value by every name that a kind may have. A value has one kind, and moto
holds it as it is sent.
"""

from collections.abc import Callable
from typing import Any

from moto.core.serialize import BaseJSONSerializer

from local.cloud import Cloud
from local.seams import Seams

Serialize = Callable[[Any, dict[str, Any], Any, Any, str], None]


def install(cloud: Cloud) -> None:
    """Has moto answer values as they are."""
    name, stock = "_serialize_type_structure", BaseJSONSerializer._serialize_type_structure
    Seams(cloud).replace(BaseJSONSerializer, name, values_as_they_are(stock))


def values_as_they_are(stock: Serialize) -> Serialize:
    """Serializes a structure by `stock`, unless it is an attribute's value that can be sent as it is."""

    def serialize(serializer: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and _can_be_sent(value):
            serialized[key] = value
        else:
            stock(serializer, serialized, value, shape, key)

    return serialize


def _can_be_sent(value: Any) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    (kind, content), *_ = value.items()
    match kind:
        case "S" | "N":
            return type(content) is str
        case "BOOL" | "NULL":
            return type(content) is bool
        case "L" | "M":
            return all(map(_can_be_sent, content if kind == "L" else content.values()))
    return False  # bytes are encoded, and sets are rare
