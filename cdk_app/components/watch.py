"""The watch after a promotion: WatchYield looks whenever a yield has been measured."""

import json
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.components.function import Function
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain import Retrain
from cdk_app.components.storage import Storage
from cdk_app.patterns import substitute
from cdk_app.permissions import change_table, list_objects, read_objects, read_table
from evergreen.contracts import Contracts
from functions.watch_yield.settings import Settings

PATTERN = "yield-measured.pattern.json"


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
        retrain: Retrain,
    ) -> None:
        super().__init__(scope, name)
        bucket, machine = storage.bucket, retrain.machine
        runs = Stack.of(self).format_arn(
            service="states", resource=f"execution:{machine.state_machine_name}", resource_name="*", sep=":"
        ) if False else machine.state_machine_arn
        self.function = Function(
            self,
            "WatchYield",
            root,
            contracts=contracts,
            settings=Settings(
                DATA_BUCKET=bucket.bucket_name,
                REGISTRY_TABLE=storage.registry.table_name,
                PREDICTIONS_TABLE=storage.predictions.table_name,
                NOTICES_TOPIC_ARN=notices.topic.topic_arn,
                STATE_MACHINE_ARN=machine.state_machine_arn,
            ),
            statements=[],
        )
