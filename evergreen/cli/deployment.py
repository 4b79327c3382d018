"""Finding a deployment: the outputs of its CloudFormation stack, in whatever account boto3 is pointed at."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from evergreen.errors import StoreUnavailable, UnknownDataset, UserMustAct
from evergreen.runs import execution_arn
from evergreen.stores.approvals import Approvals
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.holdbacks import Holdbacks
from evergreen.stores.leases import Leases
from evergreen.stores.notices import Notices
from evergreen.stores.outbox import Outbox
from evergreen.stores.predictions import Predictions
from evergreen.stores.published import Published
from evergreen.stores.registry import Registry
from evergreen.stores.reinstatement import Reinstatement
from evergreen.stores.removals import Removals
from evergreen.stores.rollbacks import Rollbacks
from evergreen.stores.runs import RunRecords
from evergreen.stores.scored_rows import ScoredRows
from evergreen.stores.segment_queue import SegmentQueue
from evergreen.stores.segments import Segments
from evergreen.stores.unlearned import UnlearnedSources
from evergreen.stores.workflows import Workflows

_START_ONE = "Start a cloud with `evergreen up` and paste its exports, or point your AWS profile at a deployment."


class NoDeployment(UserMustAct):
    """There is no stack where boto3 is pointed."""


@dataclass(frozen=True)
class Deployment:
    """The names that the stack gave its resources."""

    bucket: str
    registry_table: str
    predictions_table: str
    state_machine_arn: str
    datasets: tuple[str, ...]
    notices_topic_arn: str = ""
    track_run: str | None = None  # the function that tells those who follow the champion; not every stack has one
    mlflow_app: str | None = None  # where the deployment asked for one
    digests: Mapping[str, str] = field(default_factory=dict)  # of contracts; empty for a stack that does not say them
    queue_url: str = ""
    dead_letters_url: str = ""
    stack: str = "Evergreen"
    api_url: str = ""
    predict: str = ""  # the function that scores rows
    event_bus: str = ""
    segments_table: str = ""
    segments_queue_url: str = ""
    segments_dead_letters_url: str = ""
    inference_queue_url: str = ""
    inference_dead_letters_url: str = ""
    update_segments: str | None = None  # the function that compares customers; not every stack has one
    update_endpoint: str | None = None  # the function that moves endpoints; not every stack has one
    explain: str | None = None  # the function that explains predictions; not every stack has one

    @classmethod
    def find(cls) -> "Deployment":
        """Read the outputs of the stack `Evergreen`, or of `EVERGREEN_STACK`. Raises NoDeployment."""
        stack = stack_name()
        outputs = _outputs(stack)
        return cls(
            stack=stack,
            bucket=outputs["DataBucket"],
            registry_table=outputs["RegistryTable"],
            predictions_table=outputs["PredictionsTable"],
            state_machine_arn=outputs["StateMachineArn"],
            datasets=tuple(outputs["Datasets"].split(",")),
            notices_topic_arn=outputs["NoticesTopicArn"],
            track_run=outputs.get("TrackRunFunction"),
            mlflow_app=outputs.get("MlflowApp"),
            digests=_digests(outputs),
            queue_url=outputs.get("ArrivalsQueueUrl", ""),
            dead_letters_url=outputs.get("DeadLettersQueueUrl", ""),
            api_url=outputs.get("ApiUrl", ""),
            predict=outputs.get("PredictFunction", ""),
            event_bus=outputs.get("EventBus", ""),
            segments_table=outputs.get("SegmentsTable", ""),
            segments_queue_url=outputs.get("SegmentsQueueUrl", ""),
            segments_dead_letters_url=outputs.get("SegmentsDeadLettersQueueUrl", ""),
            inference_queue_url=outputs.get("InferenceQueueUrl", ""),
            inference_dead_letters_url=outputs.get("InferenceDeadLettersQueueUrl", ""),
            update_segments=outputs.get("UpdateSegmentsFunction"),
            update_endpoint=outputs.get("UpdateEndpointFunction"),
            explain=outputs.get("ExplainFunction"),
        )

    def check(self, dataset: str) -> str:
        """The data set's id. Raises UnknownDataset, naming the nearest."""
        if dataset in self.datasets:
            return dataset
        near = difflib.get_close_matches(dataset, self.datasets, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self.datasets)}"
        raise UnknownDataset(f"no data set {dataset!r}; {hint}")

    @property
    def runs(self) -> RunRecords:
        return RunRecords(self._table(self.registry_table))

    @property
    def registry(self) -> Registry:
        return Registry(self._table(self.registry_table))

    @property
    def ledger(self) -> ArrivalsLedger:
        return ArrivalsLedger(self._table(self.registry_table))

    @property
    def holdbacks(self) -> Holdbacks:
        return Holdbacks(self._table(self.registry_table))

    @property
    def removals(self) -> Removals:
        return Removals(self._table(self.registry_table))

    @property
    def predictions(self) -> Predictions:
        return Predictions(self._table(self.predictions_table))

    @property
    def scored_rows(self) -> ScoredRows:
        return ScoredRows(self.files)

    @property
    def published(self) -> Published:
        return Published(self.registry, self._table(self.predictions_table))

    @property
    def approvals(self) -> Approvals:
        return Approvals(self._table(self.registry_table))

    @property
    def outbox(self) -> Outbox:
        return Outbox(self._table(self.registry_table))

    @property
    def leases(self) -> Leases:
        return Leases(self._table(self.registry_table), timedelta())  # to look at, never to take

    @property
    def rollbacks(self) -> Rollbacks:
        return Rollbacks(self._table(self.registry_table))

    @property
    def reinstatement(self) -> Reinstatement:
        return Reinstatement(
            leases=self.leases,
            workflows=self.workflows,
            registry=self.registry,
            runs=self.runs,
            files=self.files,
            predictions=self.predictions,
            removals=self.removals,
            rollbacks=self.rollbacks,
        )

    @property
    def endpoints(self) -> EndpointRecords:
        return EndpointRecords(self._table(self.registry_table))

    @property
    def unlearned(self) -> UnlearnedSources:
        return UnlearnedSources(self._table(self.registry_table))

    @property
    def workflows(self) -> Workflows:
        return Workflows(boto3.client("stepfunctions"), self.state_machine_arn)

    @property
    def files(self) -> Files:
        return Files(boto3.client("s3"), self.bucket)

    @property
    def notices(self) -> Notices:
        return Notices(boto3.client("sns"), self.notices_topic_arn)

    @property
    def announcements(self) -> Announcements:
        return Announcements.of(self._table(self.registry_table), self.event_bus)

    @property
    def segments(self) -> Segments:
        return Segments(self._table(self.segments_table))

    @property
    def segment_queue(self) -> SegmentQueue:
        return SegmentQueue(boto3.client("sqs"), self.segments_queue_url)

    def execution_arn(self, run_id: str) -> str:
        """The Step Functions execution of a run."""
        return execution_arn(self.state_machine_arn, run_id)

    @staticmethod
    def _table(name: str) -> Any:
        return boto3.resource("dynamodb").Table(name)


def stack_name() -> str:
    """What the stack is called."""
    return os.environ.get("EVERGREEN_STACK", "Evergreen")


def _digests(outputs: Mapping[str, str]) -> dict[str, str]:
    """`Contracts1`, `Contracts2`, …: `<data set>=<digest>` after commas."""
    said = ",".join(value for key, value in outputs.items() if key.startswith("Contracts"))
    return {dataset: digest for dataset, _, digest in (each.partition("=") for each in said.split(","))} if said else {}


def _outputs(stack: str) -> dict[str, str]:
    where = os.environ.get("AWS_ENDPOINT_URL", "AWS")
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (NoRegionError, NoCredentialsError, ValueError) as error:
        raise NoDeployment(f"{str(error).rstrip('.')}. {_START_ONE}") from error
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            region = boto3.session.Session().region_name
            raise NoDeployment(f"There is no stack {stack!r} at {where} in {region}. {_START_ONE}") from error
        raise NoDeployment(f"{where} answered: {error}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{error} {_START_ONE}") from error
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
