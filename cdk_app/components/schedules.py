"""Schedules: one for each contract that states one, and the group in which Dispatch sets its timers."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from evergreen.contracts import Contracts
from evergreen.requests import scheduled_event
from evergreen.schedule import Schedule


class Schedules(Construct):
    """EventBridge Scheduler, which sends to the arrivals queue and nowhere else."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        contracts: Contracts,
        queue: sqs.Queue,
        dead_letters: sqs.Queue,
        machine_arn: str,
    ) -> None:
        super().__init__(scope, name)
        self._machine_arn = machine_arn
        self._queue, self._dead_letters = queue, dead_letters
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=f"{Stack.of(self).stack_name}-arrivals")
        self.role = self._role()
        for dataset in sorted(contracts.ids):
            stated = contracts[dataset].contract.schedule
            if stated:
                self._schedule(dataset, stated)

    def setting_timers(self) -> list[iam.PolicyStatement]:
        """What Dispatch needs to set timers: it never changes or deletes one."""
        passing = iam.PolicyStatement(actions=["iam:PassRole"], resources=[self.role.role_arn])
        passing.add_condition("StringEquals", {"iam:PassedToService": "scheduler.amazonaws.com"})
        timers = Stack.of(self).format_arn(
            service="scheduler", resource="schedule", resource_name=f"{self.group.ref}/*"
        )
        return [iam.PolicyStatement(actions=["scheduler:CreateSchedule"], resources=[timers]), passing]

    def _role(self) -> iam.Role:
        stack = Stack.of(self)
        group = stack.format_arn(
            service="scheduler",
            resource="schedule-group",
            resource_name=f"{stack.stack_name}-arrivals",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        trusted = iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": stack.account, "aws:SourceArn": group}},
        )
        role = iam.Role(self, "Role", assumed_by=trusted, description="Evergreen's timers and schedules")
        queues = [self._queue.queue_arn, self._dead_letters.queue_arn]
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=queues))
        return role

    def _schedule(self, dataset: str, stated: Schedule) -> None:
        minutes = stated.jitter_minutes
        window = scheduler.CfnSchedule.FlexibleTimeWindowProperty(
            mode="FLEXIBLE" if minutes else "OFF", maximum_window_in_minutes=minutes or None
        )
        scheduler.CfnSchedule(
            self,
            f"Of-{dataset}",
            description=f"Asks for a run of {dataset}.",
            group_name=self.group.ref,
            schedule_expression=stated.expression,
            schedule_expression_timezone=stated.timezone,
            flexible_time_window=window,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._queue.queue_arn,
                role_arn=self.role.role_arn,
                input=Stack.of(self).to_json_string(scheduled_event(dataset, stated.expression, self._machine_arn)),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
            ),
        ).node.add_dependency(self.role)
