"""Which columns of Arrow and Parquet the model takes, told by their schema before any value is read."""

import pyarrow as pa

from container.serve.cells import BadRequest, order_of
from container.signature import Feature, Signature


def check(schema: pa.Schema, signature: Signature) -> None:
    """Raises BadRequest unless the schema has the model's columns, each of a type that it takes."""
    order_of(schema.names, signature)
    for feature in signature.features:
        type = value_type(schema.field(feature.name).type)
        if not pa.types.is_null(type) and not _fits(type, feature):
            wanted = "text" if feature.type == "category" else "a number"
            raise BadRequest(f"column {feature.name!r} is of type {type}; the model takes {wanted}")


def value_type(type: pa.DataType) -> pa.DataType:
    """What a column's values are, be they written once each or again and again."""
    return type.value_type if pa.types.is_dictionary(type) else type


def _fits(type: pa.DataType, feature: Feature) -> bool:
    kinds = pa.types
    if feature.type == "category":
        return bool(
            kinds.is_string(type) or kinds.is_large_string(type) or kinds.is_string_view(type) or kinds.is_integer(type)
        )
    return bool(kinds.is_integer(type) or kinds.is_floating(type) or kinds.is_decimal(type))
