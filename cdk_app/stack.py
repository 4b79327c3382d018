"""The stack: it only wires the rooms together."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk_app.components.alarms import OperationalAlarms, YieldAlarms
from cdk_app.components.api import Api
from cdk_app.components.arrivals import Arrivals
from cdk_app.components.dashboard import Dashboard
from cdk_app.components.events_out import EventsOut
from cdk_app.components.explain import Explain
from cdk_app.components.image import ContainerImage
from cdk_app.components.inference import Inference
from cdk_app.components.mlflow import Mlflow
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain import Retrain
from cdk_app.components.retrain_many import RetrainMany
from cdk_app.components.sagemaker import SageMaker
from cdk_app.components.scoring import Scoring
from cdk_app.components.segments import Segments
from cdk_app.components.storage import Storage
from cdk_app.components.watch import Watch
from evergreen.contracts import Contracts

_DIGESTS_IN_AN_OUTPUT = 20  # CloudFormation takes 1,024 characters; one has at most 30 of id, = and 12 of digest


class EvergreenStack(Stack):
    """Everything that keeps the data sets under `datasets/` fresh."""

    def __init__(self, scope: Construct, name: str, *, root: Path, contracts: Contracts, **kwargs: Any) -> None:
        super().__init__(scope, name, description="Evergreen keeps models fresh.", **kwargs)
        storage = Storage(self, "Storage")
        notices = NoticesTopic(self, "Notices")
        events_out = EventsOut(self, "EventsOut")
        segments = Segments(self, "Segments", root, contracts=contracts, storage=storage, events_out=events_out)
        image = ContainerImage(self, "Image", root=root)
        sagemaker = SageMaker(self, "SageMaker", bucket=storage.bucket, image=image, contracts=contracts)
        mlflow = Mlflow(self, "Mlflow", bucket=storage.bucket)
        retrain = Retrain(
            self,
            "Retrain",
            root,
            contracts=contracts,
            storage=storage,
            notices=notices,
            events_out=events_out,
            segments=segments,
            sagemaker=sagemaker,
            image=image,
            mlflow=mlflow,
        )
        scoring = Scoring(self, "Scoring", storage=storage, image=image)
        api = Api(self, "Api", root, contracts=contracts, storage=storage, scoring=scoring, segments=segments)
        explain = Explain(self, "Explain", storage=storage, image=image)
        retrain_many = RetrainMany(self, "RetrainMany", root, contracts=contracts, notices=notices, retrain=retrain)
        yields = YieldAlarms(self, "Yield", contracts=contracts, topic=notices.topic)
        arrivals = Arrivals(
            self,
            "Arrivals",
            root,
            contracts=contracts,
            storage=storage,
            notices=notices,
            events_out=events_out,
            retrain=retrain,
            retrain_many=retrain_many,
            yields=yields,
        )
        inference = Inference(self, "Inference", root, contracts=contracts, storage=storage, image=image)
        watch = Watch(
            self,
            "Watch",
            root,
            contracts=contracts,
            storage=storage,
            notices=notices,
            events_out=events_out,
            retrain=retrain,
        )
        OperationalAlarms(
            self,
            "Alarms",
            topic=notices.topic,
            arrivals=arrivals,
            segments=segments,
            retrain=retrain,
            retrain_many=retrain_many,
            inference=inference,
            answering={
                **explain.functions,
                **scoring.functions,
                **api.functions,
                "WatchYield": watch.watch_yield,
            },
        )
        Dashboard(self, "Dashboard", arrivals=arrivals, retrain=retrain, yields=yields)
        _name_data_sets(self, contracts, image)
        _name_stores(self, storage, segments, notices, events_out)
        _name_workflows(self, retrain, retrain_many, arrivals, inference)
        _name_readers(self, api, scoring, explain)


def _name_data_sets(stack: Stack, contracts: Contracts, image: ContainerImage) -> None:
    """Outputs by which the command line knows what is deployed."""
    CfnOutput(stack, "ImageRepository", value=image.own_repository.repository_uri)
    CfnOutput(stack, "Datasets", value=",".join(sorted(contracts.ids)))
    digests = [f"{dataset}={digest}" for dataset, digest in contracts.digests().items()]
    for number, start in enumerate(range(0, len(digests), _DIGESTS_IN_AN_OUTPUT), start=1):
        CfnOutput(stack, f"Contracts{number}", value=",".join(digests[start : start + _DIGESTS_IN_AN_OUTPUT]))


def _name_stores(
    stack: Stack,
    storage: Storage,
    segments: Segments,
    notices: NoticesTopic,
    events_out: EventsOut,
) -> None:
    CfnOutput(stack, "DataBucket", value=storage.bucket.bucket_name)
    CfnOutput(stack, "RegistryTable", value=storage.registry.table_name)
    CfnOutput(stack, "PredictionsTable", value=storage.predictions.table_name)
    CfnOutput(stack, "SegmentsTable", value=storage.segments.table_name)
    CfnOutput(stack, "SegmentsQueueUrl", value=segments.queue.queue_url)
    CfnOutput(stack, "SegmentsDeadLettersQueueUrl", value=segments.dead_letters.queue_url)
    CfnOutput(stack, "NoticesTopicArn", value=notices.topic.topic_arn)
    CfnOutput(stack, "EventBus", value=events_out.bus_name)


def _name_workflows(
    stack: Stack, retrain: Retrain, retrain_many: RetrainMany, arrivals: Arrivals, inference: Inference
) -> None:
    CfnOutput(stack, "StateMachineArn", value=retrain.machine.state_machine_arn)
    CfnOutput(stack, "RetrainManyArn", value=retrain_many.machine.state_machine_arn)
    for name in ("UpdateSegments", "UpdateEndpoint", "TrackRun"):
        CfnOutput(stack, f"{name}Function", value=retrain.functions[name].function.function_arn)
    CfnOutput(stack, "ArrivalsQueueUrl", value=arrivals.queue.queue_url)
    CfnOutput(stack, "DeadLettersQueueUrl", value=arrivals.dead_letters.queue_url)
    CfnOutput(stack, "InferenceQueueUrl", value=inference.queue.queue_url)
    CfnOutput(stack, "InferenceDeadLettersQueueUrl", value=inference.dead_letters.queue_url)


def _name_readers(stack: Stack, api: Api, scoring: Scoring, explain: Explain) -> None:
    CfnOutput(stack, "ApiUrl", value=api.url)
    CfnOutput(stack, "PredictFunction", value=scoring.predict.function.function_name)
    CfnOutput(stack, "ExplainFunction", value=explain.functions["ExplainPrediction"].function.function_arn)
