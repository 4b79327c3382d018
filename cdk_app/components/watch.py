"""The watch after a promotion: WatchYield looks whenever a yield has been measured."""

import json
from pathlib import Path

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.components.arrivals import YIELD_MEASURED
from cdk_app.components.events_out import EventsOut
from cdk_app.components.function import Function
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain import Retrain
from cdk_app.components.storage import Storage
from cdk_app.patterns import substitute
from cdk_app.permissions import change_table, describe_runs, list_objects, read_objects, read_table
from evergreen.contracts import Contracts
from functions.watch_yield.settings import Settings


class Watch(Construct):
    """A rule on the series that MeasureYield writes, and the function that may roll back."""

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
    ) -> None:
        super().__init__(scope, name)
        bucket, registry = storage.bucket, storage.registry
        named = ("TrackRun", "UpdateSegments", "UpdateEndpoint")
        track_run, update_segments, update_endpoint = (retrain.functions[each].function for each in named)
        self.watch_yield = Function(
            self,
            "WatchYield",
            root,
            contracts=contracts,
            settings=Settings(
                DATA_BUCKET=bucket.bucket_name,
                REGISTRY_TABLE=registry.table_name,
                PREDICTIONS_TABLE=storage.predictions.table_name,
                NOTICES_TOPIC_ARN=notices.topic.topic_arn,
                STATE_MACHINE_ARN=retrain.machine.state_machine_arn,
                EVENT_BUS=events_out.bus_name,
                TRACK_RUN_FUNCTION=track_run.function_name,
                UPDATE_SEGMENTS_FUNCTION=update_segments.function_name,
                UPDATE_ENDPOINT_FUNCTION=update_endpoint.function_name,
            ),
            statements=[
                change_table(registry),
                read_table(storage.predictions),
                read_objects(bucket, "observed/*/series.json", "runs/"),  # the model that it would bring back
                list_objects(bucket),
                describe_runs(retrain.machine),
                *notices.publishing(),
                events_out.telling(),
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"],
                    resources=[each.function_arn for each in (track_run, update_segments, update_endpoint)],
                ),
            ],
        )
        self._rule(root / "events" / YIELD_MEASURED, bucket.bucket_name)

    def _rule(self, path: Path, data_bucket: str) -> None:
        function = self.watch_yield.function
        rule = events.CfnRule(
            self,
            "Measured",
            description=f"events/{path.name}",
            event_pattern=substitute(json.loads(path.read_text()), {"DataBucket": data_bucket}),
            targets=[events.CfnRule.TargetProperty(arn=function.function_arn, id="WatchYield")],
        )
        lambda_.CfnPermission(
            self,
            "MayInvoke",
            action="lambda:InvokeFunction",
            function_name=function.function_name,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
