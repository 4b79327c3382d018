"""How events reach a run: rules from `events/`, one queue with its dead-letter queue, and Dispatch."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.components.alarms import YieldAlarms
from cdk_app.components.events_out import EventsOut
from cdk_app.components.function import Function
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.queue_rule import queue_rule
from cdk_app.components.retrain import Retrain
from cdk_app.components.retrain_many import RetrainMany
from cdk_app.components.schedules import Schedules
from cdk_app.components.storage import Storage
from cdk_app.patterns import parts, substitute
from cdk_app.permissions import change_table, describe_runs, freeze_objects, request_runs
from evergreen.contracts import Contracts
from functions.dispatch.settings import Settings

INFERENCE_DROPPED = "inference-dropped.pattern.json"  # of no concern to Dispatch
YIELD_MEASURED = "yield-measured.pattern.json"
_DISPATCH_TIMEOUT = Duration.seconds(60)
_LEASE_HOURS = 7 * 24 + 7  # longer than the workflow's own TimeoutSeconds


class Arrivals(Construct):
    """Everything that asks for a run goes the same way: rule → queue → Dispatch → StartExecution."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        root: Path,
        *,
        contracts: Contracts,
        storage: Storage,
        notices: NoticesTopic,
        events_out: EventsOut,
        retrain: Retrain,
        retrain_many: RetrainMany,
        yields: YieldAlarms,
    ) -> None:
        super().__init__(scope, name)
        self._events_out = events_out
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(6 * 60),  # six times the function's timeout, as Lambda's guide asks
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=5),
        )
        values = {
            "DataBucket": storage.bucket.bucket_name,
            "StateMachineArn": retrain.machine.state_machine_arn,
        }
        for path in sorted((root / "events").glob("*.pattern.json")):
            if path.name not in (INFERENCE_DROPPED, YIELD_MEASURED):
                self._rules(path, values, {"RetrainingAlarms": yields.retraining})
        self.schedules = Schedules(
            self,
            "Schedules",
            contracts=contracts,
            queue=self.queue,
            dead_letters=self.dead_letters,
            machine_arn=retrain.machine.state_machine_arn,
        )
        self.dispatch = self._dispatch(root, contracts, storage, notices, retrain=retrain, retrain_many=retrain_many)

    def _rules(self, path: Path, values: dict[str, str], lists: dict[str, list[str]]) -> None:
        """One rule for the pattern; for a list in it too long for one, several; for one with nothing in it, none."""
        title = "".join(word.capitalize() for word in path.name.removesuffix(".pattern.json").split("-"))
        pattern = json.loads(path.read_text())
        named = next((name for name in lists if f"${{{name}}}" in path.read_text()), None)
        if named is None:
            self._rule(title, path.name, substitute(pattern, values))
            return
        for number, part in enumerate(parts(lists[named]), start=1):
            ending = str(number) if number > 1 else ""
            self._rule(f"{title}{ending}", path.name, substitute(pattern, values, {named: part}))

    def _rule(self, title: str, file: str, pattern: Any) -> None:
        queue_rule(self, title, file=file, pattern=pattern, queue=self.queue, dead_letters=self.dead_letters)

    def _dispatch(
        self,
        root: Path,
        contracts: Contracts,
        storage: Storage,
        notices: NoticesTopic,
        *,
        retrain: Retrain,
        retrain_many: RetrainMany,
    ) -> Function:
        settings = Settings(
            DATA_BUCKET=storage.bucket.bucket_name,
            REGISTRY_TABLE=storage.registry.table_name,
            NOTICES_TOPIC_ARN=notices.topic.topic_arn,
            EVENT_BUS=self._events_out.bus_name,
            STATE_MACHINE_ARN=retrain.machine.state_machine_arn,
            LEASE_HOURS=_LEASE_HOURS,
            ARRIVALS_QUEUE_ARN=self.queue.queue_arn,
            DEAD_LETTERS_ARN=self.dead_letters.queue_arn,
            SCHEDULE_GROUP=self.schedules.group.ref,
            SCHEDULER_ROLE_ARN=self.schedules.role.role_arn,
        )
        dispatch = Function(
            self,
            "Dispatch",
            root,
            contracts=contracts,
            settings=settings,
            timeout=_DISPATCH_TIMEOUT,
            statements=[
                change_table(storage.registry),
                *freeze_objects(storage.bucket, "", "quarantine/"),  # a misplaced file may lie anywhere
                *notices.publishing(),
                self._events_out.telling(),
                *self.schedules.setting_timers(),
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[retrain.machine.state_machine_arn]),
                describe_runs(retrain.machine),
                iam.PolicyStatement(
                    actions=["states:SendTaskSuccess"], resources=[retrain_many.machine.state_machine_arn]
                ),
                request_runs(self),
                iam.PolicyStatement(
                    actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                    resources=[self.queue.queue_arn],
                ),
            ],
        )
        lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=dispatch.function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,  # what takes its function down, or all of its time, takes no other event along
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=5),
        ).node.add_dependency(dispatch.role)
        return dispatch
