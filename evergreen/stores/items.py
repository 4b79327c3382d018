"""Plain values to DynamoDB items and back: floats become exact decimals; None, NaN and infinity are left out."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item as boto3's Table wants it."""
    return {name: _to_attribute(value) for name, value in values.items() if _can_be_stored(value)}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain Python numbers, lists and dicts, without its keys."""
    return {name: _from_attribute(value) for name, value in item.items() if name not in ("pk", "sk")}


def _can_be_stored(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not isfinite(value))


def _to_attribute(value: Any) -> Any:
    match value:
        case float():
            return Decimal(repr(value))
        case Mapping():
            return to_item(value)
        case list() | tuple():
            return [_to_attribute(each) for each in value]
        case _:
            return value


def _from_attribute(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {name: _from_attribute(each) for name, each in value.items()}
        case list():
            return [_from_attribute(each) for each in value]
        case _:
            return value
