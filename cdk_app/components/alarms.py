"""Alarms: on each data set's yield, which ask for a run, and on our own health, which call people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from evergreen.contracts import Contracts
from evergreen.observed_yield import Yield

if TYPE_CHECKING:
    from cdk_app.components.arrivals import Arrivals
    from cdk_app.components.explain import Explain
    from cdk_app.components.retrain import Retrain
    from cdk_app.components.retrain_many import RetrainMany
    from cdk_app.components.segments import Segments

NAMESPACE = "Evergreen"


class YieldAlarms(Construct):
    """One alarm for each contract that states a yield: `<stack>-<data set>-observed-yield`."""

    def __init__(self, scope: Construct, name: str, *, contracts: Contracts) -> None:
        super().__init__(scope, name)
        self.prefix = f"{Stack.of(self).stack_name}-"
        self.alarms: dict[str, cloudwatch.Alarm] = {}
        self.retraining: list[str] = []  # the names of those that ask for a run, all of them and of no other stack
        for dataset in sorted(contracts.ids):
            stated = contracts[dataset].contract.observed_yield
            if stated:
                self.alarms[dataset] = self._alarm(dataset, stated)

    def _alarm(self, dataset: str, stated: Yield) -> cloudwatch.Alarm:
        self.retraining.append(f"{self.prefix}{dataset}-observed-yield")
        return cloudwatch.Alarm(
            self,
            f"Low-{dataset}",
            alarm_name=self.retraining[-1],
            alarm_description=f"The observed yield of {dataset} is below {stated.threshold:g}: retrain it.",
            metric=cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name="ObservedYield",
                dimensions_map={"Dataset": dataset},
                statistic="Average",
                period=Duration.seconds(stated.period_seconds),
            ),
            threshold=stated.threshold,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=stated.evaluation_periods,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )


class OperationalAlarms(Construct):
    """What pages an engineer: failed runs, failing functions, and events that nobody could handle."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        topic: sns.Topic,
        arrivals: Arrivals,
        segments: Segments,
        retrain: Retrain,
        retrain_many: RetrainMany,
        explain: Explain,
    ) -> None:
        super().__init__(scope, name)
        self._topic = topic
        self._add(
            "DeadLetters",
            arrivals.dead_letters.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            "Events that could not be handled wait in the dead-letter queue.",
        )
        self._add(
            "SegmentsDeadLetters",
            segments.dead_letters.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            "Segment updates that the CRM does not take wait in their dead-letter queue.",
        )
        self._add("RunsFailed", retrain.machine.metric_failed(period=Duration.minutes(5)), "A retrain run failed.")
        self._add(
            "RunsTimedOut", retrain.machine.metric_timed_out(period=Duration.minutes(5)), "A retrain run timed out."
        )
        many = retrain_many.machine
        self._add("ManyFailed", many.metric_failed(period=Duration.minutes(5)), "retrain_many failed.")
        self._add("ManyTimedOut", many.metric_timed_out(period=Duration.minutes(5)), "retrain_many timed out.")
        functions = {**retrain.functions, **retrain_many.functions, **explain.functions}
        functions |= {"Dispatch": arrivals.dispatch, "DeliverSegments": segments.deliver}
        for title, function in functions.items():
            self._add(f"{title}Errors", function.errors(), f"{title} raised an error.")

    def _add(self, title: str, metric: cloudwatch.Metric, description: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            title,
            alarm_description=description,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
