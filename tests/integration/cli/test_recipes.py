"""The recipes of docs/predictions.md, as they are written, for readers without our code."""

import json
import re
import shlex
from typing import Any

import boto3
import jmespath
import pytest
from botocore import xform_name

from tests.integration.cli.conftest import DATASET, Desk
from tests.integration.functions.world import ROOT

PAGE = (ROOT / "docs" / "predictions.md").read_text()
RECIPES = [
    command
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)
    if "aws dynamodb" in command
]


def answer(command: str, **variables: str) -> Any:
    """What the AWS CLI would answer: the shell's words, each option as botocore's parameter of that name."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    _, service, operation, *words = shlex.split(command.replace("\\\n", " "))
    client, method = boto3.client(service), operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    assert shape.input_shape
    named = {xform_name(name, "-"): name for name in shape.input_shape.members}
    asked: dict[str, Any] = {}
    query = None
    while words:
        option = words.pop(0).removeprefix("--")
        if option == "output":
            words.pop(0)
        elif option == "query":
            query = words.pop(0)
        elif option.removeprefix("no-") in named and (not words or words[0].startswith("--")):
            asked[named[option.removeprefix("no-")]] = not option.startswith("no-")
        else:
            name, value = named[option], words.pop(0)
            plain = shape.input_shape.members[name].type_name == "string"
            asked[name] = value if plain else json.loads(value)
    found = getattr(client, method)(**asked)
    return jmespath.search(query, found) if query else found


@pytest.fixture
def generations(desk: Desk) -> list[str]:
    """Two generations of which the second is published, with the entities of the page."""
    found = []
    for number in (1, 2):
        found.append(desk.champion())
        rows = [{"entity": entity, "prediction": number, "model": "m"} for entity in ("17850", "13047")]
        desk.aws.loader.load(DATASET, found[-1], rows)
    return found


def test_each_recipe_reads_what_the_page_says(desk: Desk, generations: list[str]) -> None:
    pointer, one, several, history = RECIPES
    names = {"REGISTRY": "registry", "PREDICTIONS": "predictions"}
    inner = pointer.strip().removeprefix("GENERATION=$(").removesuffix(")")
    generation = answer(inner, **names)
    assert generation == generations[1]
    names["GENERATION"] = generation
    assert answer(one, **names)["Item"]["prediction"] == {"N": "2"}
    both = answer(several, **names)["Responses"]["predictions"]
    assert {each["entity"]["S"]: each["prediction"]["N"] for each in both} == {"17850": "2", "13047": "2"}
    assert [each["generation"]["S"] for each in answer(history, **names)["Items"]] == generations[::-1]


def test_every_attribute_of_an_item_is_on_the_page(desk: Desk) -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert listed == ["entity", "generation", "prediction", "probability", "segment", "model", "scored_at", "as_of"]
