"""From a published generation to the CRM: only what changed, in order, once, and nothing lost while it is down."""

import json
import socket
from typing import Any

import boto3
import jsonschema
import pytest
import urllib3
from starlette.responses import JSONResponse

from evergreen.errors import StoreUnavailable
from evergreen.event_schemas import FOLDER
from evergreen.segment_updates import Hint, shard_of
from evergreen.stores.crm import CrmRefused
from evergreen.stores.segment_queue import SegmentQueue
from evergreen.stores.segments import Segments
from tests.integration.functions.segment_story import AT_RISK, REGULAR, SOON, TOKEN, Crm, Function, Story, crm, put_off
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import EVENT_BUS

SCHEMA = json.loads((FOLDER / "segment-changed.schema.json").read_text())

__all__ = ["crm"]  # a fixture


@pytest.fixture
def story(world: World, crm: Crm, function: Function, monkeypatch: pytest.MonkeyPatch) -> Story:
    secret = json.dumps({"url": f"{crm.address}/segments", "token": TOKEN})
    boto3.client("secretsmanager").create_secret(Name="crm", SecretString=secret)
    monkeypatch.setenv("CRM_SECRET", "crm")
    return Story(world, crm, function("update_segments"), function("deliver_segments"))


def test_only_customers_whose_segment_changed_are_sent_and_those_who_left_lose_theirs(story: Story) -> None:
    story.publish(c1=AT_RISK, c2=SOON, c3=REGULAR)
    assert story.update()["to"] == {"at_risk": 1, "soon": 1, "regular": 1}
    assert sorted(story.crm.took()) == [("c1", "at_risk"), ("c2", "soon"), ("c3", "regular")]
    story.crm.asked.clear()
    second = story.publish(c1=AT_RISK, c2=AT_RISK)
    assert story.update() | {"waited": 0} == {
        "generation": second,
        "customers": 2,
        "changed": 2,
        "to": {"at_risk": 1, "none": 1},
        "waited": 0,
    }
    assert {each["entity"]: (each["previous"], each["segment"]) for each in story.crm.asked} == {
        "c2": ("soon", "at_risk"),
        "c3": ("regular", None),
    }
    assert story.segments.status(DATASET)["updates_total"] == 5
    for each in story.crm.asked:
        jsonschema.validate(each, SCHEMA)
        assert (each["generation"], each["champion"]) == (second, second)


def test_hints_that_come_twice_or_comparisons_that_are_repeated_send_nothing_twice(story: Story) -> None:
    story.publish(c1=AT_RISK, c2=SOON)
    story.compare({"dataset": DATASET})
    hints = story.hints()
    for each in [*hints, *hints]:
        story.deliver({"Records": [each]})
    assert story.update()["changed"] == 0
    assert len(story.crm.asked) == 2


@pytest.mark.parametrize("status", [500, 429, 401])
def test_while_the_crm_is_down_nothing_is_lost_and_each_is_told_once_when_it_is_back(story: Story, status: int) -> None:
    story.publish(c1=AT_RISK, c2=SOON, c3=REGULAR)
    story.crm.ill = lambda _: JSONResponse({}, status)
    story.compare({"dataset": DATASET})
    hints = story.hints()
    noted: list[tuple[str, int]] = []
    put_off(noted)
    for each in hints:
        with pytest.raises(StoreUnavailable, match=f"the CRM answered {status}"):
            story.deliver({"Records": [each]})
    assert len(noted) == len(hints)
    assert story.crm.took() == []
    story.crm.ill = lambda _: None
    for each in hints:
        story.deliver({"Records": [each]})
    assert sorted(story.crm.took()) == [("c1", "at_risk"), ("c2", "soon"), ("c3", "regular")]


def test_a_generation_that_comes_while_the_crm_is_down_is_what_it_hears_in_the_end(story: Story) -> None:
    story.publish(c1=AT_RISK, c2=SOON)
    story.compare({"dataset": DATASET})
    late = story.hints()  # and nobody takes them
    story.publish(c1=SOON, c2=SOON)
    told = story.update()
    assert (told["changed"], told["waited"]) == (1, 1)
    for each in late:
        story.deliver({"Records": [each]})
    assert sorted(story.crm.took()) == [("c1", "soon"), ("c2", "soon")]


def test_one_customer_whom_the_crm_refuses_holds_up_none_of_the_others(story: Story) -> None:
    names = [f"c{number}" for number in range(40)]
    refused = names[7]
    beside = [name for name in names if shard_of(name) == shard_of(refused)]
    story.publish(**dict.fromkeys(names, SOON))
    story.crm.ill = lambda entity: JSONResponse({"detail": "blocked"}, 422) if entity == refused else None
    story.compare({"dataset": DATASET})
    put_off([])
    for each in story.hints():
        if refused in json.loads(each["body"])["entities"]:
            with pytest.raises(CrmRefused, match=f"{refused}: the CRM answered 422"):
                story.deliver({"Records": [each]})
        else:
            story.deliver({"Records": [each]})
    assert {entity for entity, _ in story.crm.took()} == set(names) - {refused}
    assert len(beside) > 2
    _, told = story.segments.look(DATASET, [refused])[refused]
    assert told
    assert "422" in (told.error or "")


def test_whoever_is_back_where_the_crm_knows_them_to_be_is_not_told_of(story: Story) -> None:
    story.publish(c1=SOON)
    story.update()
    story.publish(c1=AT_RISK)
    story.compare({"dataset": DATASET})
    story.hints()  # lost
    story.publish(c1=SOON)
    story.update()
    assert story.crm.took() == [("c1", "soon")]
    assert story.update()["waited"] == 0


def test_a_process_that_dies_before_it_notes_what_it_told_tells_it_again_under_the_same_key(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.publish(c1=SOON)
    story.compare({"dataset": DATASET})
    (hint,) = story.hints()
    with monkeypatch.context() as patch:
        patch.setattr(Segments, "note_told", lambda *_: (_ for _ in ()).throw(StoreUnavailable("died")))
        put_off([])
        with pytest.raises(StoreUnavailable, match="died"):
            story.deliver({"Records": [hint]})
    story.deliver({"Records": [hint]})
    assert len(story.crm.asked) == 2
    assert len({each["event_id"] for each in story.crm.asked}) == 1
    assert len(story.crm.customers.get(DATASET, "c1").history) == 1  # type: ignore[union-attr]


def test_one_customer_is_told_of_on_demand_even_if_the_crm_knows(story: Story) -> None:
    story.publish(c1=SOON)
    story.update()
    queue = SegmentQueue(boto3.client("sqs"), story.world.aws.segments_url)
    asked = queue.ask(story.segments, DATASET, "c1")
    assert asked
    assert asked.segment == "soon"
    (hint,) = story.hints()
    story.deliver({"Records": [hint]})
    assert story.crm.took() == [("c1", "soon"), ("c1", "soon")]
    assert queue.ask(story.segments, DATASET, "nobody") is None


def test_hints_of_one_customer_are_never_handled_two_at_a_time(story: Story) -> None:
    queue = SegmentQueue(boto3.client("sqs"), story.world.aws.segments_url)
    for _ in range(2):
        queue.send([Hint(dataset=DATASET, entities=("c1",))])
    sqs, url = boto3.client("sqs"), story.world.aws.segments_url
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]) == 1


def test_whoever_compared_while_another_generation_was_published_compares_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.publish(c1=SOON)
    compared, later = Segments.compared, [lambda: story.publish(c1=AT_RISK)]

    def then(*arguments: Any) -> None:
        compared(*arguments)
        if later:
            later.pop()()

    monkeypatch.setattr(Segments, "compared", then)
    story.update()
    assert story.crm.took()[-1] == ("c1", "at_risk")


def test_an_older_comparison_that_ends_late_does_not_set_the_status_back(story: Story) -> None:
    story.segments.compared(DATASET, "newer", 7, changed=2)
    story.segments.compared(DATASET, "older", 6, changed=3)
    status = story.segments.status(DATASET)
    assert (status["generation"], status["sequence"], status["changed"]) == ("newer", 7, 2)


def test_without_a_crm_each_update_is_an_event_on_the_bus(
    story: Story, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "")
    story.deliver = function("deliver_segments")
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventBusName=EVENT_BUS, EventPattern=json.dumps({"detail-type": ["SegmentChanged"]}))
    events.put_targets(Rule="all", EventBusName=EVENT_BUS, Targets=[{"Id": "listener", "Arn": arn}])
    story.publish(c1=SOON)
    story.update()
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    jsonschema.validate(detail, SCHEMA)
    assert (detail["entity"], detail["segment"], detail["sequence"]) == ("c1", "soon", 1)


def test_the_page_shows_a_customers_segment_change(story: Story) -> None:
    story.publish(c1=SOON)
    story.update()
    story.publish(c1=AT_RISK)
    story.update()
    page = urllib3.request("GET", f"{story.crm.address}/").data.decode()
    newest = page[page.index("Newest changes") :]
    assert newest.index("soon") < newest.index("at_risk"), "before, then after"
    one = urllib3.request("GET", f"{story.crm.address}/customers/{DATASET}/c1", headers={"accept": "text/html"})
    shown = one.data.decode()
    assert shown.index("at_risk") < shown.index("History")
    assert "soon" in shown[shown.index("History") :]
    assert urllib3.request("POST", f"{story.crm.address}/segments", json={}).status == 401


def test_a_crm_that_nobody_answers_for_is_told_later(story: Story, crm: Crm) -> None:
    story.publish(c1=SOON)
    story.compare({"dataset": DATASET})
    (hint,) = story.hints()
    put_off([])
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}/segments"
    boto3.client("secretsmanager").put_secret_value(SecretId="crm", SecretString=json.dumps({"url": address}))
    with pytest.raises(StoreUnavailable, match="does not answer"):
        story.deliver({"Records": [hint]})
    assert crm.asked == []
