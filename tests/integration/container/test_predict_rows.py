"""The scoring function: the champion's answers to rows that are sent, the same that batch transform gives."""

import csv
import gzip
import io
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from container.evaluate.archive import digest
from container.model import Model, ModelUnusable
from container.serve.decode import from_csv
from container.serve.encode import to_csv
from evergreen.errors import StoreUnavailable
from evergreen.inference import LogObject
from evergreen.layout import RunLayout
from evergreen.predictions import read_rows
from tests.integration.container.conftest import REPOSITORY, Stage, Trained
from tests.integration.stores.aws import BUCKET, Account, account, answers

FILE = REPOSITORY / "datasets" / "line_yield" / "ai4i2020.csv.gz"
ITEMS = list(csv.DictReader(io.StringIO(gzip.decompress(FILE.read_bytes()).decode("utf-8-sig"))))
RUN = "line-yield-00001-aaaaaaaa"
GOOD: dict[str, Any] = {
    "Type": "L",
    "Air temperature [K]": 298.1,
    "Process temperature [K]": 308.6,
    "Rotational speed [rpm]": 1551,
    "Torque [Nm]": 42.8,
    "Tool wear [min]": 0,
}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = Stage(tmp_path_factory.mktemp("line"), dataset="line_yield")
    stage.prepare({"items.csv.gz": FILE})
    done = stage.train(max_depth="3", num_round="30", metric="pr_auc")
    assert done.returncode == 0, done.stderr
    return stage


@dataclass
class Function:
    """The function, warm, and the account that it looks at."""

    aws: Account
    module: Any

    def promote(self, stage: Stage, run_id: str, sha256: str | None = None) -> None:
        layout = RunLayout(stage.dataset, run_id)
        key = f"{layout.models}/job/output/model.tar.gz"
        self.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=stage.archive.read_bytes())
        frozen = stage.base / "processing" / "input" / stage.layout.contract_file("dataset.json")
        self.aws.s3.put_object(Bucket=BUCKET, Key=layout.contract_file("dataset.json"), Body=frozen.read_bytes())
        item = {"pk": f"DATASET#{stage.dataset}", "sk": "CHAMPION", "run_id": run_id, "model_key": key}
        self.aws.registry.put_item(Item={**item, "model_sha256": sha256 or digest(stage.archive)})

    def __call__(self, dataset: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.module.handler({"dataset": dataset, "rows": list(rows), **more}, None)
        return answer


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    for name, value in {"DATA_BUCKET": BUCKET, "REGISTRY_TABLE": "registry", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with account() as aws:
        sys.modules.pop("container.predict_rows", None)
        yield Function(aws, import_module("container.predict_rows"))


@pytest.fixture
def score(function: Function, line: Stage) -> Callable[..., dict[str, Any]]:
    function.promote(line, RUN)
    return lambda *rows, **more: function("line_yield", *rows, **more)


def as_batch_has_them(stage: Stage, most: int) -> tuple[list[str], list[dict[str, Any]]]:
    """The entities of the first rows to score, and what the server that batch transform asks says of them."""
    lines = (stage.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()[:most]
    entities, bodies = zip(*(each.split(",", 1) for each in lines), strict=True)
    model = Model.load(lambda name: (stage.base / "model" / name).read_bytes())
    said = to_csv(model.answer(from_csv("\n".join(bodies).encode(), model.signature)), model.signature).decode()
    rows = read_rows((f"0,{each}" for each in said.splitlines()), "batch", RUN, model.signature.task, model.interval)
    told = [{name: value for name, value in row.items() if name not in ("entity", "model")} for row in rows]
    return list(entities), told


def test_rows_of_a_table_get_what_batch_transform_gets_for_them(line: Stage, score: Any) -> None:
    entities, expected = as_batch_has_them(line, 500)
    by_entity = {item["UDI"]: item for item in ITEMS}

    answer = score(*(by_entity[entity] for entity in entities))

    assert answer["champion"] == RUN
    assert [{k: v for k, v in each.items() if k != "confidence"} for each in answer["predictions"]] == expected
    assert {each["prediction"] for each in expected} == {"0", "1"}
    for each in answer["predictions"]:
        certain = each["probability"] if each["prediction"] == "1" else 1 - each["probability"]
        assert each["confidence"] == pytest.approx(certain)


def test_rows_of_an_event_log_are_those_of_its_features_query(trained: Trained, function: Function) -> None:
    function.promote(trained, "next-purchase-00001-aaaaaaaa")
    _, expected = as_batch_has_them(trained, 50)
    model = Model.load(lambda name: (trained.base / "model" / name).read_bytes())
    lines = (trained.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()[:50]
    names = [feature.name for feature in model.signature.features]
    rows = [dict(zip(names, each.split(",")[1:], strict=True)) for each in lines]

    answer = function("next_purchase", *rows)

    segments = {each.pop("segment", None) for each in answer["predictions"]}
    assert answer["predictions"] == expected
    assert {"at_risk", "soon"} <= segments, "the contract's segments are told, too"
    refused = function("next_purchase", {"CustomerID": 17850, "Quantity": 6})
    assert refused["refused"] == "MALFORMED_ROWS"
    assert {fault["field"] for fault in refused["faults"]} == set(names)


@pytest.mark.parametrize(
    ("field", "value", "rule", "words"),
    [
        ("Torque [Nm]", "abc", "type", "'abc' is not a number"),
        ("Torque [Nm]", -1, "range", "less than the least allowed, 0"),
        ("Torque [Nm]", None, "required", "every row needs a value"),
        ("Torque [Nm]", [1], "type", "a list or an object"),
        ("Type", "\ud800", "type", "half a character"),
        ("Type", "L\0", "allowed", "is none of"),
        ("Torque [Nm]", 10**400, "type", "is not a number"),
        ("Torque [Nm]", math.inf, "type", "'inf' is not a number"),
        ("Rotational speed [rpm]", 1.5, "type", "is not a whole number"),
        ("Rotational speed [rpm]", True, "type", "'true' is not a whole number"),
        ("Type", "X", "allowed", "is none of: L, M, H"),
        ("Product ID", "17", "pattern", "does not match"),
        ("Air temperature [K]", 320, "process_is_warmer", "are the two temperatures swapped?"),
    ],
)
def test_a_malformed_row_is_refused_by_its_number_field_and_rule(
    score: Any, field: str, value: Any, rule: str, words: str
) -> None:
    answer = score(GOOD, {**GOOD, field: value})
    (fault,) = answer["faults"]
    named = None if rule == "process_is_warmer" else field
    assert (answer["refused"], fault["row"], fault["field"], fault["rule"]) == ("MALFORMED_ROWS", 1, named, rule)
    assert words in fault["reason"]
    assert answer["message"].startswith("row 1")
    assert "predictions" not in answer


def test_a_field_under_another_name_is_missing_and_the_nearest_is_named(score: Any) -> None:
    row = {("torque" if name == "Torque [Nm]" else name): value for name, value in GOOD.items()}
    (fault,) = score({**row, "Torque (Nm)": 3})["faults"]
    assert (fault["field"], fault["rule"]) == ("Torque [Nm]", "missing")
    assert "'Torque (Nm)'" in fault["reason"]


def test_every_fault_is_counted_and_the_first_hundred_are_listed(score: Any) -> None:
    answer = score(*[{}] * 30)
    assert len(answer["faults"]) == 100
    assert answer["message"].endswith("; and 179 more")


def test_what_no_model_takes_may_be_left_out_or_sent(score: Any) -> None:
    plain, full = score(GOOD), score({**GOOD, "UDI": 1, "Product ID": "L47181", "TWF": 0, "colour": "blue"})
    assert plain["predictions"] == full["predictions"]


def test_no_rows_say_which_champion_would_answer(score: Any) -> None:
    assert score() == {"champion": RUN, "predictions": [], "answered_by": "function"}


def test_a_new_champion_answers_at_once_and_an_old_one_is_kept_loaded(
    function: Function, line: Stage, score: Any
) -> None:
    assert score(GOOD)["champion"] == RUN
    key = str(function.aws.registry.get_item(Key={"pk": "DATASET#line_yield", "sk": "CHAMPION"})["Item"]["model_key"])
    function.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    assert score(GOOD)["champion"] == RUN, "a warm process needs no file"
    assert function.module.handler({}, None) == {"loaded": {"line_yield": RUN}}

    function.promote(line, "line-yield-00002-bbbbbbbb")

    assert score(GOOD)["champion"] == "line-yield-00002-bbbbbbbb"
    assert function.module.handler({}, None) == {"loaded": {"line_yield": "line-yield-00002-bbbbbbbb"}}


def test_without_a_champion_nothing_is_scored_and_no_error_counted(function: Function) -> None:
    answer = function("line_yield", GOOD)
    assert answer["refused"] == "NO_CHAMPION"
    assert "evergreen drop line_yield" in answer["message"]


def test_an_explanation_adds_up_to_the_prediction(score: Any) -> None:
    answer = score(GOOD, {**GOOD, "Tool wear [min]": 240}, explain=True)
    for each in answer["predictions"]:
        why = each["explanation"]["model"]
        margin = why["base"] + sum(feature["adds"] for feature in why["features"])
        assert 1 / (1 + math.exp(-margin)) == pytest.approx(each["probability"], abs=1e-3)
        assert {feature["name"] for feature in why["features"]} == set(GOOD)
        sizes = [abs(feature["adds"]) for feature in why["features"]]
        assert sizes == sorted(sizes, reverse=True)
    assert score(*[GOOD] * 101, explain=True)["refused"] == "TOO_MANY_ROWS"


def test_a_damaged_model_is_not_used(function: Function, line: Stage) -> None:
    function.promote(line, RUN, sha256="0" * 64)
    with pytest.raises(ModelUnusable, match="SHA-256"):
        function("line_yield", GOOD)


def test_a_registry_that_does_not_answer_is_worth_another_try(function: Function) -> None:
    answers(function.module.champions._table.meta.client, "GetItem", code="InternalServerError", status=500)
    with pytest.raises(StoreUnavailable, match="line_yield"):
        function("line_yield", GOOD)


def test_nothing_stays_behind_on_disk(
    function: Function, line: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    function.promote(line, RUN)
    assert function("line_yield", GOOD)["champion"] == RUN
    assert list(tmp_path.iterdir()) == []


def test_scores_become_an_inference_log_when_asked_for(function: Function, score: Any) -> None:
    answer = score({**GOOD, "UDI": 7}, GOOD, log=True)
    (key,) = function.aws.keys("inference/")
    assert LogObject.of(key).dataset == "line_yield"
    (line,) = map(json.loads, function.aws.text(key).splitlines())
    told = answer["predictions"][0]
    assert (line["item_id"], line["model"], line["prediction"]) == ("7", RUN, told["prediction"])
    assert line["confidence"] == told["confidence"]
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
    assert {name: line[name] for name in GOOD} == GOOD


def test_without_a_word_or_without_an_entity_nothing_is_logged(function: Function, score: Any) -> None:
    score({**GOOD, "UDI": 7})
    score(GOOD, log=True)
    assert function.aws.keys("inference/") == []
