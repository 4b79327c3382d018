"""A rule that sends what it lets through to a queue, and what it cannot send to the dead letters."""

from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def queue_rule(
    scope: Construct, title: str, *, file: str, pattern: Any, queue: sqs.Queue, dead_letters: sqs.Queue
) -> None:
    """The rule of one file of `events/`; both queues take messages from exactly this rule, besides others like it."""
    rule = events.CfnRule(
        scope,
        title,
        description=f"events/{file}",
        event_pattern=pattern,
        targets=[
            events.CfnRule.TargetProperty(
                arn=queue.queue_arn,
                id=scope.node.id,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
            )
        ],
    )
    for each in (queue, dead_letters):
        statement = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[each.queue_arn],
        )
        statement.add_condition("ArnEquals", {"aws:SourceArn": rule.attr_arn})
        each.add_to_resource_policy(statement)
