"""Plain values to DynamoDB items and back: floats become exact decimals, as far as its numbers reach.

None, NaN, infinity and what is beyond 10^125 are left out; what is nearer to zero than 10^-127 is zero.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypedDict

_TOO_LARGE, _TOO_SMALL = 1e125, 1e-127  # for boto3; a float reaches further


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item as boto3's Table wants it."""
    return {name: _to_attribute(value) for name, value in values.items() if _can_be_stored(value)}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain Python numbers, lists and dicts, without its keys."""
    return {name: _from_attribute(value) for name, value in item.items() if name not in ("pk", "sk")}


def _can_be_stored(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not abs(value) < _TOO_LARGE)  # nor NaN


class SetArguments(TypedDict):
    """The arguments of UpdateItem that set attributes."""

    UpdateExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: dict[str, Any]


def set_arguments(values: Mapping[str, Any]) -> SetArguments:
    """Arguments for UpdateItem that set these values, whatever words their names are; the same again is no change."""
    item = to_item(values)
    return {
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in item),
        "ExpressionAttributeNames": {f"#{name}": name for name in item},
        "ExpressionAttributeValues": {f":{name}": value for name, value in item.items()},
    }


def _to_attribute(value: Any) -> Any:
    match value:
        case float():
            return Decimal(repr(value if abs(value) > _TOO_SMALL else 0.0))
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
