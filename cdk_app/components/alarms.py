"""Alarms: on each data set's yield, which ask for a run, and on our own health, which call people."""

from __future__ import annotations

from collections.abc import Mapping
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
    from cdk_app.components.function import OwnLambda
    from cdk_app.components.inference import Inference
    from cdk_app.components.retrain import Retrain
    from cdk_app.components.retrain_many import RetrainMany
    from cdk_app.components.segments import Segments

NAMESPACE = "Evergreen"
# While nothing is measured an alarm on the yield neither fires nor ends: silence is no news of the model.
_AS_IT_WAS = cloudwatch.TreatMissingData.IGNORE


class YieldAlarms(Construct):
    """The alarms of each contract that states a yield: on its bound and on its drop, and on silence."""

    def __init__(self, scope: Construct, name: str, *, contracts: Contracts, topic: sns.Topic) -> None:
        super().__init__(scope, name)
        self.prefix = f"{Stack.of(self).stack_name}-"
        self._topic = topic
        self.alarms: dict[str, cloudwatch.Alarm] = {}  # on the yield itself, by data set
        self.drops: dict[str, cloudwatch.Alarm] = {}
        self.retraining: list[str] = []  # the names of those that ask for a run, all of them and of no other stack
        for dataset in sorted(contracts.ids):
            stated = contracts[dataset].contract.observed_yield
            if stated:
                self.alarms[dataset] = self._low(dataset, stated)
                if stated.good_when:
                    self.drops[dataset] = self._drop(dataset, stated)
                self._silence(dataset, stated)

    def _low(self, dataset: str, stated: Yield) -> cloudwatch.Alarm:
        what, metric = ("lower bound of the ", "YieldLowerBound") if stated.good_when else ("", "ObservedYield")
        return cloudwatch.Alarm(
            self,
            f"Low-{dataset}",
            alarm_name=self._retraining(f"{dataset}-observed-yield"),
            alarm_description=f"The {what}observed yield of {dataset} is below {stated.threshold:g}: retrain it.",
            metric=_metric(dataset, metric, stated),
            threshold=stated.threshold,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=stated.evaluation_periods,
            datapoints_to_alarm=stated.bad_periods,
            treat_missing_data=_AS_IT_WAS,
        )

    def _drop(self, dataset: str, stated: Yield) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            f"Drop-{dataset}",
            alarm_name=self._retraining(f"{dataset}-yield-drop"),
            alarm_description=f"The observed yield of {dataset} is surely more than {stated.drop_tolerance:g} below "
            "that of its champion's first window: retrain it.",
            metric=_metric(dataset, "YieldDrop", stated),
            threshold=stated.drop_tolerance,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=stated.evaluation_periods,
            datapoints_to_alarm=stated.bad_periods,
            treat_missing_data=_AS_IT_WAS,
        )

    def _retraining(self, title: str) -> str:
        """The name of an alarm that asks for a run, which the rule for them names."""
        self.retraining.append(f"{self.prefix}{title}")
        return self.retraining[-1]

    def _silence(self, dataset: str, stated: Yield) -> None:
        """Tells people and asks for no run: a model cannot mend that nobody logs."""
        if stated.silence is None:
            return
        seconds, periods = stated.silence
        alarm = cloudwatch.Alarm(
            self,
            f"Silent-{dataset}",
            alarm_name=f"{self.prefix}{dataset}-no-inferences",
            alarm_description=f"No inference data for {dataset} in {stated.silence_after}: see whether its line runs, "
            f"and whether its logs still come to inference/{dataset}/.",
            metric=cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name="SampleCount",
                dimensions_map={"Dataset": dataset},
                statistic="SampleCount",
                period=Duration.seconds(seconds),
            ),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))


def _metric(dataset: str, name: str, stated: Yield) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"Dataset": dataset},
        statistic="Average",
        period=Duration.seconds(stated.period_seconds),
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
        inference: Inference,
        answering: Mapping[str, OwnLambda],
    ) -> None:
        super().__init__(scope, name)
        self._topic = topic
        self._add(
            "DeadLetters",
            arrivals.dead_letters.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            "Events that could not be handled wait in the dead-letter queue.",
        )
        self._add(
            "InferenceDeadLetters",
            inference.dead_letters.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            "Inference logs that could not be measured wait in their dead-letter queue.",
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
        functions: dict[str, OwnLambda] = {**retrain.functions, **retrain_many.functions, **answering}
        functions |= {"Dispatch": arrivals.dispatch, "DeliverSegments": segments.deliver}
        functions |= {"MeasureYield": inference.measure_yield}
        for title, function in functions.items():
            self._add(f"{title}Errors", function.errors(), f"{title} raised an error.")

    def _add(self, title: str, metric: cloudwatch.Metric, description: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            title,
            alarm_description=f"{description} What to do: docs/operations.md, …{title}…",
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
