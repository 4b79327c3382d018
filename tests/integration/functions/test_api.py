"""The HTTP API, one request at a time, as API Gateway hands it on."""

import re
import threading
from typing import Any

import pytest

from evergreen.segment_updates import Want
from tests.integration.functions.http_requests import Client, Scorer
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import answers

FIRST, SECOND = "next-purchase-00001-aaaaaaaa", "next-purchase-00002-bbbbbbbb"


def publish(world: World, generation: str, rows: dict[str, int], champion: str = FIRST) -> None:
    for entity, value in rows.items():
        item = {"pk": f"{DATASET}#{entity}", "sk": generation, "entity": entity, "generation": generation}
        world.aws.predictions.put_item(Item={**item, "prediction": value, "model": champion})
    point_to(world, generation, len(rows), champion)


def point_to(world: World, generation: str, rows: int, champion: str = FIRST) -> None:
    facts = {"generation": generation, "run_id": generation, "rows": rows, "champion": champion, "as_of": "2011-12-09"}
    world.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "PUBLISHED", **facts, "sample": "17850"})


def promote(world: World, run_id: str = FIRST) -> None:
    item = {"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", "run_id": run_id, "metric": "mae", "model_key": "k"}
    world.aws.registry.put_item(Item=item)


def test_one_prediction_comes_from_the_published_generation(world: World, api: Client) -> None:
    publish(world, FIRST, {"17850": 14})
    world.aws.predictions.put_item(Item={"pk": f"{DATASET}#17850", "sk": SECOND, "entity": "17850", "prediction": 99})

    answer = api.get(f"/predictions/{DATASET}/17850")

    assert answer.status == 200
    assert answer.said == {
        "dataset": DATASET,
        "entity": "17850",
        "generation": FIRST,
        "prediction": 14,
        "model": FIRST,
        "as_of": "2011-12-09",
    }


def test_an_unknown_data_set_is_404_with_those_there_are(api: Client) -> None:
    for answer in (
        api.get("/predictions/next_purchas/17850"),
        api.get("/datasets/next_purchas"),
        api.post("/predict/next_purchas", {"rows": [{}]}),
        api.post("/predictions/next_purchas", {"entities": ["1"]}),
    ):
        assert answer.status == 404
        assert answer.said["known"] == ["line_yield", "next_purchase"]


def test_an_unknown_entity_is_404_with_one_that_is_there(world: World, api: Client) -> None:
    publish(world, FIRST, {"17850": 14})
    answer = api.get(f"/predictions/{DATASET}/1")
    assert (answer.status, answer.said["known"]) == (404, ["17850"])
    assert FIRST in answer.said["message"]


def test_before_anything_is_published_reading_is_409(api: Client) -> None:
    answer = api.get(f"/predictions/{DATASET}/17850")
    assert answer.status == 409
    assert "evergreen drop" in answer.said["message"]


def test_an_entity_is_what_the_path_says_blanks_and_umlauts_included(world: World, api: Client) -> None:
    publish(world, FIRST, {"Müller & Co": 3})
    assert api.get(f"/predictions/{DATASET}/Müller & Co").said["prediction"] == 3


def test_many_predictions_come_from_one_generation_and_those_without_are_named(world: World, api: Client) -> None:
    publish(world, FIRST, {str(number): number for number in range(60)})
    wanted = [str(number) for number in range(0, 100)]
    answer = api.post(f"/predictions/{DATASET}", {"entities": [*wanted[:-1], "0"]})
    assert answer.status == 200, answer.said
    assert {each["entity"]: each["prediction"] for each in answer.said["predictions"]} == {
        str(number): number for number in range(60)
    }
    assert answer.said["missing"] == wanted[60:-1]
    assert answer.said["generation"] == FIRST


@pytest.mark.parametrize("entities", [[], [str(number) for number in range(101)], [17850], "17850", [""], None])
def test_more_than_a_hundred_none_or_no_texts_are_422(api: Client, entities: Any) -> None:
    answer = api.post(f"/predictions/{DATASET}", {"entities": entities})
    assert answer.status == 422
    assert "entities" in answer.said["faults"][0]["field"]


def test_readers_during_twenty_flips_never_see_two_generations(world: World, api: Client) -> None:
    entities = [str(number) for number in range(5)]
    names = [f"next-purchase-{number:05d}-cccccccc" for number in range(21)]
    publish(world, names[0], dict.fromkeys(entities, 0))
    mixed: list[Any] = []
    seen: set[str] = set()
    done = threading.Event()

    def flip() -> None:
        for number, name in enumerate(names[1:], start=1):
            publish(world, name, dict.fromkeys(entities, number))
            done.wait(0.05)  # the reader's turn
            for entity in entities if number > 2 else []:  # what was published two flips ago is removed
                world.aws.predictions.delete_item(Key={"pk": f"{DATASET}#{entity}", "sk": names[number - 3]})
        done.set()

    writer = threading.Thread(target=flip)
    writer.start()
    while not done.is_set():
        answer = api.post(f"/predictions/{DATASET}", {"entities": entities})
        assert answer.status == 200
        generation = answer.said["generation"]
        seen.add(generation)
        expected = [(generation, names.index(generation))] * len(entities)
        found = [(each["generation"], each["prediction"]) for each in answer.said["predictions"]]
        if found != expected or answer.said["missing"]:
            mixed.append(answer.said)
    writer.join()
    assert mixed == []
    assert len(seen) > 3


@pytest.mark.parametrize("entity", ["x" * 5000, "ü" * 900, "#", " "])
def test_an_entity_that_cannot_be_is_missing(world: World, api: Client, entity: str) -> None:
    publish(world, FIRST, {"17850": 14})
    answer = api.post(f"/predictions/{DATASET}", {"entities": [entity[:1000], "17850"]})
    assert (answer.status, answer.said["missing"]) == (200, [entity[:1000]])
    assert api.get(f"/predictions/{DATASET}/{entity}").status == 404


def test_a_store_that_does_not_answer_is_503(api: Client) -> None:
    client = api.module.deployment.standings._table.meta.client
    answers(client, "GetItem", code="InternalServerError", status=500)
    assert api.get(f"/predictions/{DATASET}/17850").status == 503


def test_data_sets_are_listed_with_what_is_in_use(world: World, api: Client) -> None:
    promote(world)
    point_to(world, SECOND, 7)
    listed = {each["id"]: each for each in api.get("/datasets").said["datasets"]}
    assert set(listed) == {"line_yield", "next_purchase"}
    assert (listed[DATASET]["champion"], listed[DATASET]["generation"]) == (FIRST, SECOND)
    assert listed["line_yield"]["champion"] is None


def test_one_data_set_tells_its_champion_its_yield_and_its_last_runs(world: World, api: Client) -> None:
    promote(world)
    for number in range(1, 9):
        world.runs.create(f"next-purchase-{number:05d}-aaaaaaaa", status="SUCCEEDED", causes=[f"cause {number}"])
    said = api.get(f"/datasets/{DATASET}").said
    assert said["champion"]["run_id"] == FIRST
    assert said["published"] is None
    assert said["yield"] == {"threshold": 0.7, "measured": None}
    assert [run["run_id"][14:19] for run in said["last_runs"]] == ["00008", "00007", "00006", "00005", "00004"]


def test_health_tells_which_champion_is_in_use_and_which_is_loaded(world: World, api: Client, scorer: Scorer) -> None:
    promote(world, SECOND)
    scorer.answer = {"loaded": {DATASET: FIRST}}
    answer = api.get("/health")
    assert answer.said["datasets"][DATASET] == {"champion": SECOND, "loaded": FIRST}
    assert scorer.asked == [{}]


def test_metrics_count_what_every_process_has_answered(world: World, function: Any, scorer: Scorer) -> None:
    publish(world, FIRST, {"17850": 14})
    with pytest.MonkeyPatch.context() as patch:
        one, other = Client.start(function, scorer, patch), Client.start(function, scorer, patch)
        for api in (one, other, other):
            api.get(f"/predictions/{DATASET}/17850")
        other.get(f"/predictions/{DATASET}/1")
        other.get("/predictions/made_up/1")
        other.api_write()
        answer = one.get("/metrics")
    labels = f'dataset="{DATASET}",route="read",model_version="{FIRST}"'
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert f'prediction_requests_total{{{labels},status="200"}} 3' in answer.text
    assert f'prediction_requests_total{{{labels},status="404"}} 1' in answer.text
    assert f"prediction_latency_seconds_count{{{labels}}} 4" in answer.text
    assert f'prediction_latency_seconds_bucket{{{labels},le="+Inf"}} 4' in answer.text
    assert "made_up" not in answer.text
    buckets = [int(each) for each in re.findall(r"_bucket\{[^}]*\} (\d+)", answer.text)]
    assert buckets == sorted(buckets)
    assert "# TYPE crm_segment_updates_total counter" in answer.text


def test_the_crm_is_told_of_one_customer_again_on_demand(world: World, api: Client) -> None:
    want = Want(entity="17850", segment="soon", event_id="e", generation=FIRST, run_id=FIRST, sequence=1, at="2026")
    segments = api.module.deployment.segments
    segments.want(DATASET, [want])
    segments.count(DATASET, 7)

    answer = api.request("POST", "/crm_segment_update?customer_id=17850")

    assert (answer.status, answer.said["segment"], answer.said["dataset"]) == (202, "soon", DATASET)
    asked, _ = segments.look(DATASET, ["17850"])["17850"]
    assert (asked.again, asked.event_id) == (True, answer.said["event_id"])
    assert not api.module.deployment.segment_queue.is_empty()
    assert f'crm_segment_updates_total{{dataset="{DATASET}"}} 7' in api.get("/metrics").text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("customer_id=1", 404, "no segment of '1'"),
        ("customer_id=1&dataset=line_yield", 404, "states no segments"),
        ("customer_id=1&dataset=other", 404, "no data set 'other'"),
        ("", 422, "customer_id"),
    ],
)
def test_a_customer_nobody_can_tell_of_is_refused(
    world: World, api: Client, query: str, status: int, words: str
) -> None:
    publish(world, FIRST, {"17850": 14})
    answer = api.request("POST", f"/crm_segment_update?{query}")
    assert answer.status == status
    assert words in answer.said["message"]


def test_before_anything_is_published_the_crm_cannot_be_told_which_is_409(api: Client) -> None:
    answer = api.request("POST", "/crm_segment_update?customer_id=17850")
    assert (answer.status, "evergreen drop" in answer.said["message"]) == (409, True)


def test_a_count_that_cannot_be_written_costs_no_answer_and_is_written_later(world: World, api: Client) -> None:
    publish(world, FIRST, {"17850": 14})
    client = api.module.deployment.standings._table.meta.client
    answers(client, "UpdateItem", code="InternalServerError", status=500)
    assert api.get(f"/predictions/{DATASET}/17850").status == 200
    api.api_write()
    assert 'status="200"} 1' in api.get("/metrics").text


def test_a_path_that_is_not_there_is_404_and_another_method_405(api: Client) -> None:
    assert "/predictions/{dataset}/{entity}" in api.get("/nowhere").said["known"]
    answer = api.request("DELETE", f"/predictions/{DATASET}/17850")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


def test_the_openapi_document_describes_every_route(api: Client) -> None:
    document = api.get("/openapi.json").said
    assert {(path, method) for path, each in document["paths"].items() for method in each} == {
        ("/datasets", "get"),
        ("/datasets/{dataset}", "get"),
        ("/predictions/{dataset}/{entity}", "get"),
        ("/predictions/{dataset}", "post"),
        ("/predict/{dataset}", "post"),
        ("/crm_segment_update", "post"),
        ("/health", "get"),
        ("/metrics", "get"),
    }
