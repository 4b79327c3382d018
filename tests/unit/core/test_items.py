import math
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from evergreen.stores.items import from_item, to_item

numbers = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or 1e-120 < abs(x) < 1e15),
)
plain = st.recursive(
    st.one_of(numbers, st.booleans(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(min_size=1), inner, max_size=4)),
    max_leaves=12,
)
items = st.dictionaries(st.text(min_size=1).filter(lambda name: name not in ("pk", "sk")), plain, max_size=5)


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """What boto3 makes of an item on its way to DynamoDB and back."""
    sent = {name: TypeSerializer().serialize(value) for name, value in to_item(values).items()}
    return from_item({name: TypeDeserializer().deserialize(value) for name, value in sent.items()})


@given(items)
def test_what_goes_into_a_table_comes_out_the_same(values: dict[str, Any]) -> None:
    assert stored(values) == values


def test_a_float_is_stored_as_it_is_written_and_not_as_its_binary_neighbour() -> None:
    assert to_item({"mae": 18.9}) == {"mae": Decimal("18.9")}


def test_what_is_none_or_no_number_is_left_out_at_every_depth() -> None:
    values = {"a": None, "b": {"c": None, "d": math.nan, "e": 1}, "f": math.nan, "g": math.inf}
    assert stored(values) == {"b": {"e": 1}}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.7e308, {}),
        (-1e125, {}),
        (5e-324, {"a": 0}),
        (-1e-200, {"a": 0}),
        (2e-127, {"a": 2e-127}),
    ],
)
def test_a_number_that_dynamodb_does_not_have_fails_nothing(value: float, kept: dict[str, float]) -> None:
    assert stored({"a": value}) == kept


def test_keys_are_not_among_the_values_that_come_back() -> None:
    assert from_item({"pk": "DATASET#a", "sk": "LEASE", "fence": Decimal(3)}) == {"fence": 3}


@pytest.mark.parametrize(("value", "kind"), [(Decimal("3"), int), (Decimal("3.5"), float), (True, bool)])
def test_numbers_come_back_as_pythons_own(value: Any, kind: type) -> None:
    assert type(from_item({"x": value})["x"]) is kind


def test_a_tuple_comes_back_as_a_list() -> None:
    assert stored({"reasons": ("a", "b")}) == {"reasons": ["a", "b"]}
