import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from evergreen.contract_file import read_folder
from evergreen.contract_reference import SECTIONS, reference, schema
from evergreen.contract_shape import fields_of
from tests.unit.core.conftest import ROOT

PAGE = (ROOT / "docs" / "contract.md").read_text()


def test_the_page_is_what_the_models_say() -> None:
    assert reference() == PAGE, "run: python -m evergreen.contract_reference > docs/contract.md"


def test_every_key_of_every_model_is_on_the_page_and_described() -> None:
    for _, model in SECTIONS:
        for name, field in fields_of(model).items():
            assert f"| `{name}` |" in PAGE
            assert field.description, f"{model.__name__}.{name}"


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(id: .*?)```", PAGE, re.DOTALL))
def test_an_example_on_the_page_is_a_contract(tmp_path: Path, example: str) -> None:
    folder = tmp_path / yaml.safe_load(example)["id"]
    folder.mkdir()
    (folder / "dataset.yaml").write_text(example)
    for name in ("features.sql", "target.sql"):
        (folder / name).write_text("SELECT 1")
    assert read_folder(folder).contract.id == folder.name


def test_the_page_shows_both_shapes_of_data() -> None:
    assert [task for task in ("task: binary", "task: time_to_event") if task in PAGE] != []
    assert len(re.findall(r"```yaml\nid: ", PAGE)) == 2


def refers(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [*([node["$ref"]] if "$ref" in node else []), *(ref for each in node.values() for ref in refers(each))]
    return [ref for each in node for ref in refers(each)] if isinstance(node, list) else []


def test_the_schema_is_of_the_dialect_that_editors_read_and_refers_to_nothing_outside() -> None:
    said = json.loads(json.dumps(schema()))
    assert said["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(said["required"]) == {"id", "task", "input", "target", "split"}
    assert said["additionalProperties"] is False
    assert "yield" in said["properties"]
    assert all(ref.removeprefix("#/$defs/") in said["$defs"] for ref in refers(said))
