"""What the laptop cloud answers for moto is what moto answers."""

from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from local.item_answers import values_as_they_are

ITEM: dict[str, Any] = {
    "pk": "a",
    "text": "é\n\"'",
    "empty": "",
    "number": Decimal("1.50"),
    "yes": True,
    "nothing": None,
    "texts": {"one", "two"},
    "numbers": {Decimal(1), Decimal("2.5")},
    "bytes": b"\x00\xff",
    "many bytes": {b"\x01", b"\x02"},
    "list": ["a", 1, [], {}, None, b"\x03", {"S": "not a kind"}],
    "map": {"S": {"N": "1"}, "B": b"\x04", "L": [False, {"deep": {"M": Decimal(3)}}], "names": {"x"}},
}


STRUCTURE = "_serialize_type_structure"


@mock_aws
def test_every_kind_of_value_is_answered_as_moto_itself_answers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    table = boto3.resource("dynamodb").create_table(
        TableName="registry",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    table.put_item(Item=ITEM)
    by_moto, asked = table.scan()["Items"], 0
    stock = BaseJSONSerializer.__dict__[STRUCTURE]

    def counted(*given: Any) -> None:
        nonlocal asked
        asked += 1
        stock(*given)

    monkeypatch.setattr(BaseJSONSerializer, STRUCTURE, values_as_they_are(counted))
    assert table.scan()["Items"] == by_moto == [ITEM]
    assert asked < 20, "moto's own way is for the answer itself, for bytes and for sets"
