"""The `retrain` workflow: its states' functions, its definition and what it may do."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.commit import commit_of
from cdk_app.components.endpoints import update_endpoint
from cdk_app.components.events_out import EventsOut
from cdk_app.components.function import Function, ImageFunction, OwnLambda
from cdk_app.components.image import ContainerImage
from cdk_app.components.mlflow import Mlflow
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain_role import may_map, retrain_statements
from cdk_app.components.sagemaker import SageMaker
from cdk_app.components.segments import Segments
from cdk_app.components.storage import Storage
from cdk_app.components.workflow import workflow
from cdk_app.permissions import (
    change_table,
    freeze_objects,
    list_objects,
    load_table,
    note_table,
    read_objects,
    write_objects,
)
from evergreen.contracts import Contracts
from evergreen.environment import Environment
from functions.await_approval.settings import Settings as AwaitApprovalSettings
from functions.complete_run.settings import Settings as CompleteRunSettings
from functions.decide_promotion.settings import Settings as DecidePromotionSettings
from functions.fail_run.settings import Settings as FailRunSettings
from functions.keep_champion.settings import Settings as KeepChampionSettings
from functions.load_predictions.settings import Settings as LoadPredictionsSettings
from functions.pin_inputs.settings import Settings as PinInputsSettings
from functions.promote_challenger.settings import Settings as PromoteChallengerSettings
from functions.publish_predictions.settings import Settings as PublishPredictionsSettings
from functions.register_challenger.settings import Settings as RegisterChallengerSettings
from functions.reject_data.settings import Settings as RejectDataSettings
from functions.remove_superseded.settings import Settings as RemoveSupersededSettings
from functions.track_run.settings import Settings as TrackRunSettings
from functions.update_segments.settings import Settings as UpdateSegmentsSettings

_INSTANCE = "ml.m5.large"


class Retrain(Construct):
    """One state machine for every data set; one function for each of its Lambda states."""

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
        segments: Segments,
        sagemaker: SageMaker,
        image: ContainerImage,
        mlflow: Mlflow,
    ) -> None:
        super().__init__(scope, name)
        self._root, self._contracts = root, contracts
        self._storage, self._notices, self._sagemaker = storage, notices, sagemaker
        self._bus, self._telling = events_out.bus_name, events_out.telling()
        self.functions: dict[str, OwnLambda] = {}
        self._preparing(image)
        self._judging(image)
        self._publishing()
        self._logging(image)
        self._updating(segments)
        self.functions["UpdateEndpoint"] = update_endpoint(
            self, root, contracts=contracts, storage=storage, notices=notices, sagemaker=sagemaker, image=image
        )
        self._ending(image, mlflow)
        substitutions = {
            **{name: each.function.function_arn for name, each in self.functions.items()},
            "DataBucket": storage.bucket.bucket_name,
            "SageMakerRole": sagemaker.role.role_arn,
            "Image": image.uri,
            **dict.fromkeys(("ProcessingInstance", "TrainingInstance", "TransformInstance"), _INSTANCE),
        }
        self.machine = workflow(self, root, "retrain", substitutions, logs_data=True)
        for statement in retrain_statements(self, storage.bucket, sagemaker.role, list(self.functions.values())):
            self.machine.add_to_role_policy(statement)
        may_map(self.machine)

    def _preparing(self, image: ContainerImage) -> None:
        bucket, registry = self._storage.bucket, self._storage.registry
        data, table = bucket.bucket_name, registry.table_name
        self._add(
            "PinInputs",
            PinInputsSettings(DATA_BUCKET=data, REGISTRY_TABLE=table),
            [note_table(registry), *freeze_objects(bucket, "incoming/", "runs/")],
            timeout=Duration.minutes(10),
        )
        self.functions["CollectSamples"] = ImageFunction(
            self,
            "CollectSamples",
            image=image,
            handler="container.collect_samples.handler.handler",
            statements=[
                read_objects(bucket, "runs/", "observed/"),
                write_objects(bucket, "runs/*/collected/"),
                list_objects(bucket),
            ],
            timeout=Duration.minutes(15),
            memory_mb=4096,
            disk_mb=4096,
        )
        self.functions["PrepareSmallData"] = ImageFunction(
            self,
            "PrepareSmallData",
            image=image,
            handler="container.small_data.handler",
            statements=[
                read_objects(bucket, "runs/", "accepted/"),
                write_objects(bucket, "runs/*/prepared/", "accepted/", "quarantine/"),
                list_objects(bucket),
            ],
            timeout=Duration.minutes(15),
            memory_mb=4096,
            disk_mb=8192,  # the files, their accepted rows, what DuckDB spills, the results
        )
        self._add(
            "RejectData",
            RejectDataSettings(
                DATA_BUCKET=data,
                REGISTRY_TABLE=table,
                NOTICES_TOPIC_ARN=self._notices.topic.topic_arn,
                EVENT_BUS=self._bus,
            ),
            [note_table(registry), *freeze_objects(bucket, "runs/", "quarantine/"), *self._telling_people_and_others()],
        )

    def _judging(self, image: ContainerImage) -> None:
        bucket, registry = self._storage.bucket, self._storage.registry
        data, table = bucket.bucket_name, registry.table_name
        self._add(
            "DecidePromotion",
            DecidePromotionSettings(DATA_BUCKET=data, REGISTRY_TABLE=table),
            [note_table(registry), read_objects(bucket, "runs/"), write_objects(bucket, "runs/")],
        )
        self._add("RegisterChallenger", self._registering(image), self._may_register())
        self._add(
            "AwaitApproval",
            AwaitApprovalSettings(REGISTRY_TABLE=table, NOTICES_TOPIC_ARN=self._notices.topic.topic_arn),
            [note_table(registry), *self._notices.publishing()],
        )
        self._add(
            "PromoteChallenger",
            PromoteChallengerSettings(DATA_BUCKET=data, REGISTRY_TABLE=table, EVENT_BUS=self._bus),
            [change_table(registry), read_objects(bucket, "runs/"), self._telling],
        )
        self._add(
            "KeepChampion",
            KeepChampionSettings(DATA_BUCKET=data, REGISTRY_TABLE=table, EVENT_BUS=self._bus),
            [note_table(registry), read_objects(bucket, "runs/"), self._telling],
        )

    def _publishing(self) -> None:
        bucket, registry, predictions = self._storage.bucket, self._storage.registry, self._storage.predictions
        data, table = bucket.bucket_name, registry.table_name
        self._add(
            "LoadPredictions",
            LoadPredictionsSettings(DATA_BUCKET=data, PREDICTIONS_TABLE=predictions.table_name),
            [
                load_table(predictions),
                read_objects(bucket, "runs/"),
                write_objects(bucket, "runs/*/loaded/"),
                list_objects(bucket),
            ],
            timeout=Duration.minutes(15),
            memory_mb=1769,  # one whole vCPU
        )
        self._add(
            "PublishPredictions",
            PublishPredictionsSettings(DATA_BUCKET=data, REGISTRY_TABLE=table, EVENT_BUS=self._bus),
            [change_table(registry), read_objects(bucket, "runs/"), list_objects(bucket), self._telling],
        )
        self._add(
            "RemoveSuperseded",
            RemoveSupersededSettings(DATA_BUCKET=data, REGISTRY_TABLE=table, PREDICTIONS_TABLE=predictions.table_name),
            [change_table(registry), load_table(predictions), read_objects(bucket, "runs/"), list_objects(bucket)],
            timeout=Duration.minutes(15),
            memory_mb=1769,
        )

    def _logging(self, image: ContainerImage) -> None:
        bucket = self._storage.bucket
        self.functions["LogScores"] = ImageFunction(
            self,
            "LogScores",
            image=image,
            handler="container.log_scores.handler.handler",
            statements=[
                read_objects(bucket, "runs/"),
                write_objects(bucket, "inference/*/batch/"),
                list_objects(bucket),
            ],
            timeout=Duration.minutes(15),
            memory_mb=1769,  # one whole vCPU
            disk_mb=2048,  # one part at a time
            settings={"DATA_BUCKET": bucket.bucket_name},
        )

    def _updating(self, segments: Segments) -> None:
        bucket, registry = self._storage.bucket, self._storage.registry
        self._add(
            "UpdateSegments",
            UpdateSegmentsSettings(
                DATA_BUCKET=bucket.bucket_name,
                REGISTRY_TABLE=registry.table_name,
                SEGMENTS_TABLE=segments.table.table_name,
                SEGMENTS_QUEUE_URL=segments.queue.queue_url,
            ),
            [note_table(registry), *segments.hinting(), read_objects(bucket, "runs/"), list_objects(bucket)],
            timeout=Duration.minutes(15),
            memory_mb=1769,  # one whole vCPU
        )

    def _ending(self, image: ContainerImage, mlflow: Mlflow) -> None:
        bucket, registry = self._storage.bucket, self._storage.registry
        data, table, topic = bucket.bucket_name, registry.table_name, self._notices.topic.topic_arn
        self._add(
            "TrackRun",
            TrackRunSettings(**self._registering(image).model_dump(), MLFLOW_APP_ARN=mlflow.arn),
            [*self._may_register(), self._sagemaker.packages("ListModelPackages"), *mlflow.calling],
            timeout=Duration.minutes(5),
            with_packages=mlflow.asked_for,
        )
        self._add(
            "CompleteRun",
            CompleteRunSettings(DATA_BUCKET=data, REGISTRY_TABLE=table, NOTICES_TOPIC_ARN=topic, EVENT_BUS=self._bus),
            [
                note_table(registry),
                read_objects(bucket, "observed/*/series.json"),
                *freeze_objects(bucket, "runs/", "quarantine/"),
                *self._telling_people_and_others(),
            ],
        )
        self._add(
            "FailRun",
            FailRunSettings(REGISTRY_TABLE=table, NOTICES_TOPIC_ARN=topic, EVENT_BUS=self._bus),
            [note_table(registry), *self._telling_people_and_others()],
        )

    def _telling_people_and_others(self) -> list[iam.PolicyStatement]:
        return [*self._notices.publishing(), self._telling]

    def _registering(self, image: ContainerImage) -> RegisterChallengerSettings:
        return RegisterChallengerSettings(
            DATA_BUCKET=self._storage.bucket.bucket_name,
            REGISTRY_TABLE=self._storage.registry.table_name,
            MODEL_GROUP_PREFIX=self._sagemaker.group_prefix,
            GIT_COMMIT=commit_of(self._root),
            IMAGE_URI=image.uri,
        )

    def _may_register(self) -> list[iam.PolicyStatement]:
        return [
            note_table(self._storage.registry),
            read_objects(self._storage.bucket, "runs/"),
            list_objects(self._storage.bucket),
            self._sagemaker.packages("CreateModelPackage", "UpdateModelPackage"),
            self._sagemaker.training_jobs("DescribeTrainingJob"),
        ]

    def _add(
        self,
        name: str,
        settings: Environment,
        statements: Sequence[iam.PolicyStatement],
        *,
        timeout: Duration | None = None,
        memory_mb: int = 512,
        with_packages: bool = False,
    ) -> None:
        self.functions[name] = Function(
            self,
            name,
            self._root,
            contracts=self._contracts,
            settings=settings,
            statements=statements,
            timeout=timeout,
            memory_mb=memory_mb,
            with_packages=with_packages,
        )
