"""Bringing both followers to where the truth is; what cannot be told now stays in the outbox, with its error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from evergreen.lineage import Origin
from evergreen.stores.files import Files
from evergreen.stores.model_packages import ModelPackages
from evergreen.stores.outbox import Follower, Outbox, Outstanding
from evergreen.stores.registration import Registration
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from evergreen.stores.training_jobs import TrainingJobs
from functions.track_run.model_registry import ModelRegistry
from functions.track_run.run_history import RunHistory
from functions.track_run.settings import Settings

if TYPE_CHECKING:
    from functions.track_run.tracking import Tracking

_RUNS_AT_ONCE = 25  # a few seconds each; further ones follow with the next run
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Following:
    """The registry of this product is the truth; SageMaker's and MLflow's follow it."""

    registry: Registry
    outbox: Outbox
    models: ModelRegistry
    history: RunHistory
    logger: Logger

    def follow(self, dataset: str, run_id: str | None, model_uri: str | None, mlflow_uri: str) -> list[str]:
        """Tell both what they do not show yet, and return in words what is still behind."""
        if run_id:
            self.outbox.add_run(dataset, run_id, datetime.now(UTC))
        champion = self.registry.champion(dataset)
        waiting = self.outbox.open(dataset)
        of_sagemaker = [each for each in waiting if each.follower == Follower.SAGEMAKER]
        of_mlflow = [each for each in waiting if each.follower == Follower.MLFLOW]
        behind = [self._sagemaker(dataset, run_id, model_uri, champion, of_sagemaker)]
        behind += self._mlflow(dataset, run_id, champion, of_mlflow, mlflow_uri)
        return [each for each in behind if each]

    def _sagemaker(
        self,
        dataset: str,
        run_id: str | None,
        model_uri: str | None,
        champion: Mapping[str, Any] | None,
        waiting: list[Outstanding],
    ) -> str:
        def tell() -> None:
            if run_id and model_uri:
                self.models.settle(run_id, model_uri, champion)
            self.models.follow(dataset, champion)

        return self._told(dataset, waiting, tell, "SageMaker's model registry could not be told")

    def _mlflow(
        self,
        dataset: str,
        run_id: str | None,
        champion: Mapping[str, Any] | None,
        waiting: list[Outstanding],
        mlflow_uri: str,
    ) -> list[str]:
        if not mlflow_uri:
            for each in waiting:
                self.outbox.done(dataset, each, datetime.now(UTC))
            return []
        try:
            tracking = _reach(mlflow_uri)
        except Exception as error:
            return [self._missed(dataset, waiting, error, "MLflow could not be reached")]
        runs = [each for each in waiting if each.what == "RUN"]
        behind = [self._record(tracking, dataset, each, run_id) for each in runs[:_RUNS_AT_ONCE]]
        behind += [f"MLflow does not show {len(runs) - _RUNS_AT_ONCE} more runs yet"] if runs[_RUNS_AT_ONCE:] else []

        def crown() -> None:
            self.history.crown(tracking, dataset, champion)

        changes = [each for each in waiting if each.what == "CHAMPION"]
        return [*behind, self._told(dataset, changes, crown, "MLflow does not show the champion yet")]

    def _record(self, tracking: Tracking, dataset: str, each: Outstanding, ending: str | None) -> str:
        return self._told(
            dataset,
            [each],
            lambda: self.history.record(tracking, each.run_id, ending=each.run_id == ending),
            f"MLflow does not show {each.run_id} yet",
        )

    def _told(self, dataset: str, waiting: list[Outstanding], tell: Callable[[], None], failing: str) -> str:
        try:
            tell()
        except Exception as error:  # whatever it is: the run's own work is done, and this is tried again
            return self._missed(dataset, waiting, error, failing)
        for each in waiting:
            self.outbox.done(dataset, each, datetime.now(UTC))
        return ""

    def _missed(self, dataset: str, waiting: list[Outstanding], error: Exception, what: str) -> str:
        self.logger.warning("%s: %r", what, error)
        said = f"{what}: {' '.join(str(error).split())[:_LONGEST_ERROR]}"
        for each in waiting:
            self.outbox.failed(dataset, each, said)
        return said


def wired(settings: Settings, logger: Logger) -> Following:
    """Those who follow in this deployment."""
    table, sagemaker = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE), boto3.client("sagemaker")
    files, runs = Files(boto3.client("s3"), settings.DATA_BUCKET), RunRecords(table)
    packages = ModelPackages(sagemaker, settings.MODEL_GROUP_PREFIX)
    origin = Origin(settings.GIT_COMMIT, settings.IMAGE_URI)
    registration = Registration(files, runs, packages, TrainingJobs(sagemaker), origin)
    models, history = ModelRegistry(runs, packages, registration), RunHistory(files, runs)
    return Following(Registry(table), Outbox(table), models, history, logger)


def _reach(mlflow_uri: str) -> Tracking:
    from functions.track_run.tracking import Tracking  # noqa: PLC0415  # where there is no MLflow, its client is not either

    tracking = Tracking(mlflow_uri)
    tracking.check()
    return tracking
