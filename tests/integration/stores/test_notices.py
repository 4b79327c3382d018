from typing import Any

import boto3
import pytest

from evergreen.errors import StoreUnavailable
from evergreen.stores.notices import Notice, Notices
from tests.integration.stores.aws import Account, answers

NOTICE = Notice(
    notification_id="next-purchase-00001-3f2a9c81",
    dataset="next_purchase",
    kind="SUCCEEDED",
    subject="next_purchase: new champion",
    body="It is better.",
)


def published(aws: Account, notice: Notice) -> dict[str, Any]:
    """What reaches SNS when the notice is sent."""
    client, sent = boto3.client("sns"), list[dict[str, Any]]()
    client.meta.events.register("provide-client-params.sns.Publish", lambda params, **_: sent.append(params))
    Notices(client, aws.topic_arn).send(notice)
    return sent[0]


def test_a_notice_reaches_its_subscribers_with_what_they_filter_by(aws: Account) -> None:
    Notices(boto3.client("sns"), aws.topic_arn).send(NOTICE)
    assert aws.notices() == [
        {
            "body": "It is better.",
            "dataset": "next_purchase",
            "kind": "SUCCEEDED",
            "notification_id": "next-purchase-00001-3f2a9c81",
        }
    ]


def test_a_notice_sent_twice_has_one_id(aws: Account) -> None:
    for _ in range(2):
        Notices(boto3.client("sns"), aws.topic_arn).send(NOTICE)
    assert {notice["notification_id"] for notice in aws.notices()} == {NOTICE.notification_id}


def test_a_subject_that_sns_would_refuse_is_made_to_fit(aws: Account) -> None:
    params = published(aws, NOTICE.model_copy(update={"subject": "naïve\nchampion " + "x" * 200}))
    assert params["Subject"].startswith("na?ve champion xxx")
    assert len(params["Subject"]) < 100
    assert params["Message"] == "It is better."


def test_a_topic_that_does_not_answer_now_is_worth_another_try(aws: Account) -> None:
    client = boto3.client("sns")
    answers(client, "Publish", code="Throttling")
    with pytest.raises(StoreUnavailable, match="send a notice"):
        Notices(client, aws.topic_arn).send(NOTICE)
