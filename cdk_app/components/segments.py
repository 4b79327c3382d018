"""Segment updates: from the table that is their outbox, through a queue that keeps their order, to the CRM."""

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.components.events_out import EventsOut
from cdk_app.components.function import Function
from cdk_app.components.storage import Storage
from evergreen.contracts import Contracts
from evergreen.segment_updates import SHARDS
from functions.deliver_segments.settings import Settings

_TIMEOUT = Duration.minutes(5)  # for 25 customers, each told with a time-out of its own
_TRIES = 15  # with longer and longer waits: about an hour


class Segments(Construct):
    """Queue, dead letters, and DeliverSegments. `-c crm_secret=NAME` names the secret of a webhook: `{"url": "https://…",
    "token": "…"}`; without it the updates are events on the bus."""

    def __init__(
        self, scope: Construct, name: str, root: Path, *, contracts: Contracts, storage: Storage, events_out: EventsOut
    ) -> None:
        super().__init__(scope, name)
        self.table = storage.segments
        self.dead_letters = self._queue("DeadLetters")
        letters = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_TRIES)
        self.queue = self._queue("Queue", letters)
        secret = self.node.try_get_context("crm_secret") or ""
        self.deliver = Function(
            self,
            "DeliverSegments",
            root,
            contracts=contracts,
            settings=Settings(
                SEGMENTS_TABLE=self.table.table_name,
                SEGMENTS_QUEUE_URL=self.queue.queue_url,
                EVENT_BUS=events_out.bus_name,
                CRM_SECRET=secret,
            ),
            statements=[
                self._table("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"),
                self._reading(secret) if secret else events_out.telling(),
                iam.PolicyStatement(
                    actions=[
                        "sqs:ChangeMessageVisibility",
                        "sqs:DeleteMessage",
                        "sqs:GetQueueAttributes",
                        "sqs:ReceiveMessage",
                    ],
                    resources=[self.queue.queue_arn],
                ),
            ],
            timeout=_TIMEOUT,
        )
        lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=self.deliver.function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=SHARDS),
        ).node.add_dependency(self.deliver.role)

    def hinting(self) -> list[iam.PolicyStatement]:
        """What a function needs to have customers told of."""
        return [
            self._table("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:UpdateItem"),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue.queue_arn]),
        ]

    def _table(self, *actions: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=list(actions), resources=[self.table.table_arn])

    def _queue(self, name: str, dead_letters: sqs.DeadLetterQueue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            fifo=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=_TIMEOUT.plus(Duration.minutes(1)),
            dead_letter_queue=dead_letters,
        )

    def _reading(self, secret: str) -> iam.PolicyStatement:
        arn = Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{secret}-??????",  # Secrets Manager adds six characters to a name
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn])
