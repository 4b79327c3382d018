"""How inference logs are measured: a rule, a queue with its dead-letter queue, and MeasureYield."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.components.arrivals import INFERENCE_DROPPED
from cdk_app.components.function import ImageFunction
from cdk_app.components.image import ContainerImage
from cdk_app.components.queue_rule import queue_rule
from cdk_app.components.storage import Storage
from cdk_app.patterns import substitute
from cdk_app.permissions import list_objects, read_objects, write_objects
from evergreen.contracts import Contracts

_TIMEOUT = Duration.minutes(10)


class Inference(Construct):
    """Logs go a way of their own, so that a million rows never stand before a run that is asked for."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        root: Path,
        *,
        contracts: Contracts,
        storage: Storage,
        image: ContainerImage,
    ) -> None:
        super().__init__(scope, name)
        self.dead_letters = self._queue("DeadLetters")
        self.queue = self._queue("Queue", sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=5))
        pattern = json.loads((root / "events" / INFERENCE_DROPPED).read_text())
        queue_rule(
            self,
            "Dropped",
            file=INFERENCE_DROPPED,
            pattern=substitute(pattern, {"DataBucket": storage.bucket.bucket_name}),
            queue=self.queue,
            dead_letters=self.dead_letters,
        )
        self.measure_yield = self._measure_yield(contracts, storage, image)

    def _queue(self, name: str, dead_letters: sqs.DeadLetterQueue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.minutes(60),  # six times the function's timeout, as Lambda's guide asks
            dead_letter_queue=dead_letters,
        )

    def _measure_yield(self, contracts: Contracts, storage: Storage, image: ContainerImage) -> ImageFunction:
        with TemporaryDirectory() as folder:  # the image holds no contracts, so that it stays the same for all
            file = Path(folder) / "contracts.json"
            file.write_bytes(contracts.to_json())
            asset = assets.Asset(self, "Contracts", path=str(file))
        bucket = storage.bucket
        versions = iam.PolicyStatement(
            actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[bucket.arn_for_objects("inference/*")]
        )
        deployed = iam.PolicyStatement(
            actions=["s3:GetObject"], resources=[asset.bucket.arn_for_objects(asset.s3_object_key)]
        )
        polling = iam.PolicyStatement(
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resources=[self.queue.queue_arn],
        )
        function = ImageFunction(
            self,
            "MeasureYield",
            image=image,
            handler="container.measure_yield.handler.handler",
            statements=[
                versions,
                read_objects(bucket, "observed/"),
                write_objects(bucket, "observed/", "quarantine/*/inference/"),
                list_objects(bucket),
                deployed,
                polling,
            ],
            timeout=_TIMEOUT,
            memory_mb=1769,  # one whole vCPU
            disk_mb=8192,
            settings={
                "DATA_BUCKET": bucket.bucket_name,
                "CONTRACTS_URI": f"s3://{asset.s3_bucket_name}/{asset.s3_object_key}",
            },
        )
        lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=function.function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=2),
        ).node.add_dependency(function.role)
        return function
