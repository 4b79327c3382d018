import json
import logging
import time
from typing import Any

import pytest

from local.cloud import Cloud
from local.service_events import put_service_event
from tests.integration.cloud.conftest import Deploy, Receive, outputs_of

QUEUE = {"Type": "AWS::SQS::Queue"}
URL = {"Url": {"Value": {"Ref": "Queue"}}}


def rule(pattern: dict[str, Any], *targets: dict[str, Any], **properties: Any) -> dict[str, Any]:
    named = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    return {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": named, **properties}}


def to(name: str) -> dict[str, Any]:
    return {"Arn": {"Fn::GetAtt": [name, "Arn"]}}


def test_an_event_of_an_aws_service_goes_through_the_rules(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    names = outputs_of(deploy({"Queue": QUEUE, "Rule": rule({"source": ["aws.states"]}, to("Queue"))}, Outputs=URL))
    put_service_event(cloud, "aws.states", "Step Functions Execution Status Change", {"status": "FAILED"}, ["arn:x"])
    put_service_event(cloud, "aws.other", "Something", {}, [])
    (event,) = receive(names["Url"], 1)
    assert (event["source"], event["detail"], event["resources"]) == ("aws.states", {"status": "FAILED"}, ["arn:x"])
    assert (event["account"], event["region"]) == (cloud.account, cloud.region)


def test_nobody_may_claim_to_be_an_aws_service(cloud: Cloud) -> None:
    entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": "{}"}
    mine = {**entry, "Source": "my.app"}
    answer = cloud.client("events").put_events(Entries=[entry, mine])
    assert [e.get("ErrorCode") for e in answer["Entries"]] == ["NotAuthorizedForSourceException", None]
    assert answer["FailedEntryCount"] == 1


def test_an_own_event_reaches_queue_topic_and_another_bus(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    mine = {"source": ["my.app"]}
    resources = {
        "Queue": QUEUE,
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                "RawMessageDelivery": True,
            },
        },
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "other"}},
        "Rule": rule(mine, to("Queue"), {"Arn": {"Ref": "Topic"}}, to("Bus")),
        "Other": rule(mine, {**to("Queue"), "Input": '{"fixed": true}'}, EventBusName={"Ref": "Bus"}),
    }
    names = outputs_of(deploy(resources, Outputs=URL))
    entry = {"Source": "my.app", "DetailType": "Done", "Detail": json.dumps({"n": 1})}
    cloud.client("events").put_events(Entries=[entry])
    bodies = receive(names["Url"], 3)
    assert len(bodies) == 3
    assert bodies.count({"fixed": True}) == 1
    assert sum(body.get("detail") == {"n": 1} for body in bodies) == 2


def test_what_a_target_does_not_take_is_logged_and_goes_to_its_dead_letters(
    cloud: Cloud, deploy: Deploy, receive: Receive, caplog: pytest.LogCaptureFixture
) -> None:
    gone = {"Arn": f"arn:aws:sqs:{cloud.region}:{cloud.account}:no-such-queue", "DeadLetterConfig": to("Queue")}
    names = outputs_of(deploy({"Queue": QUEUE, "Rule": rule({"source": ["my.app"]}, gone)}, Outputs=URL))
    with caplog.at_level(logging.ERROR):
        cloud.client("events").put_events(Entries=[{"Source": "my.app", "DetailType": "Done", "Detail": '{"n": 2}'}])
        (event,) = receive(names["Url"], 1)
    assert event["detail"] == {"n": 2}
    assert "no-such-queue" in caplog.text


def test_a_disabled_rule_delivers_nothing(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    pattern = {"source": ["my.app"]}
    resources = {
        "Queue": QUEUE,
        "Off": rule(pattern, to("Queue"), State="DISABLED"),
        "On": rule({"detail-type": ["Last"]}, to("Queue")),
    }
    names = outputs_of(deploy(resources, Outputs=URL))
    entries = [{"Source": "my.app", "DetailType": kind, "Detail": "{}"} for kind in ("First", "Last")]
    cloud.client("events").put_events(Entries=entries)
    assert [event["detail-type"] for event in receive(names["Url"], 1)] == ["Last"]


def test_what_was_archived_is_replayed_to_the_rule_that_is_named(
    cloud: Cloud, deploy: Deploy, receive: Receive, caplog: pytest.LogCaptureFixture
) -> None:
    mine, bus = {"source": ["my.app"]}, {"EventBusName": {"Ref": "Bus"}}
    resources = {
        "Queue": QUEUE,
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "told"}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {"ArchiveName": "kept", "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}, "EventPattern": mine},
        },
        "Named": rule(mine, to("Queue"), **bus),
        "Other": rule(mine, {**to("Queue"), "Input": '{"other": true}'}, **bus),
    }
    names = outputs_of(deploy(resources, Outputs={**URL, "Named": {"Value": {"Fn::GetAtt": ["Named", "Arn"]}}}))
    events = cloud.client("events")
    entry = {"Source": "my.app", "DetailType": "Done", "Detail": '{"n": 3}', "EventBusName": "told"}
    events.put_events(Entries=[entry])
    assert len(receive(names["Url"], 2)) == 2
    deadline = time.monotonic() + 10
    while not (archive := events.describe_archive(ArchiveName="kept"))["EventCount"] and time.monotonic() < deadline:
        time.sleep(0.05)
    events.start_replay(
        ReplayName="missed",
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=0,
        EventEndTime=4_000_000_000,
        Destination={"Arn": events.describe_event_bus(Name="told")["Arn"], "FilterArns": [names["Named"]]},
    )
    (event,) = receive(names["Url"], 1)
    assert (event["detail"], event["replay-name"]) == ({"n": 3}, "missed")
    assert "could not deliver" not in caplog.text
