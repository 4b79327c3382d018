"""From an alarm or a function to a person: every link of the chain must let the next be reached."""

import pytest

from tests.infrastructure.template import Template, role_of, text

PUBLISHERS = (
    "await_approval",
    "dispatch",
    "complete_run",
    "reject_data",
    "summarize_runs",
    "update_endpoint",
    "watch_yield",
    "fail_run",
)


@pytest.fixture(scope="module")
def topic(template: Template) -> str:
    return template.one("AWS::SNS::Topic")[0]


@pytest.fixture(scope="module")
def key(template: Template) -> str:
    return template.one("AWS::KMS::Key")[0]


def test_the_topic_is_encrypted_by_a_key_of_our_own_that_is_renewed(template: Template, topic: str, key: str) -> None:
    assert text(template.of("AWS::SNS::Topic")[topic]["KmsMasterKeyId"]) == f"${{{key}.Arn}}"
    assert template.of("AWS::KMS::Key")[key]["EnableKeyRotation"] is True


def test_the_key_lets_cloudwatch_encrypt_what_alarms_say(template: Template, key: str) -> None:
    granted = {
        action
        for each in template.statements()
        if each.policy == key and each.said["Principal"] == {"Service": "cloudwatch.amazonaws.com"} and each.allows
        for action in each.actions
    }
    assert granted == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_the_topics_policy_lets_alarms_of_this_account_publish(template: Template, topic: str) -> None:
    (allowed,) = (
        each for each in template.statements() if each.policy.startswith("NoticesTopicPolicy") and each.allows
    )
    assert allowed.said["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed.actions == ["sns:Publish"]
    assert allowed.resources == [f"${{{topic}}}"]
    assert allowed.conditions == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_exactly_the_functions_that_tell_people_may_publish(template: Template, topic: str) -> None:
    publishers = {
        function["Handler"].split(".")[1]
        for function in template.of("AWS::Lambda::Function").values()
        if any(each.permits("sns:Publish", f"${{{topic}}}") for each in template.statements_of(role_of(function)))
    }
    assert publishers == set(PUBLISHERS)


@pytest.mark.parametrize("folder", PUBLISHERS)
def test_a_publisher_may_use_the_key_and_knows_the_topic(template: Template, topic: str, key: str, folder: str) -> None:
    _, function = template.function(folder)
    may = template.statements_of(role_of(function))
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert any(each.permits(action, f"${{{key}.Arn}}") for each in may), action
    assert text(function["Environment"]["Variables"]["NOTICES_TOPIC_ARN"]) == f"${{{topic}}}"
