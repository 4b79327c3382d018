"""Bringing both followers to where the truth is; what cannot be told now stays in the outbox, with its error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from evergreen.errors import StoreUnavailable
from evergreen.lineage import Origin
from evergreen.stores.files import Files
from evergreen.stores.model_packages import PATIENCE, ModelPackages
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
_CHANGES_AT_ONCE = 5
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Ending:
    """The data set, and the run that is at its end, if one is."""

    dataset: str
    run_id: str | None
    model_uri: str | None


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
        for follower in Follower if run_id else ():
            self.outbox.add_run(dataset, run_id or "", datetime.now(UTC), follower=follower)
        waiting = self.outbox.open(dataset)
        of_sagemaker = [each for each in waiting if each.follower == Follower.SAGEMAKER]
        of_mlflow = [each for each in waiting if each.follower == Follower.MLFLOW]
        ending = Ending(dataset, run_id, model_uri)
        behind = self._sagemaker(ending, of_sagemaker)
        behind += self._mlflow(ending, of_mlflow, mlflow_uri)
        return [each for each in behind if each]

    def _sagemaker(self, ending: Ending, waiting: list[Outstanding]) -> list[str]:
        def stand(champion: Mapping[str, Any] | None) -> None:
            self.models.settle(ending.dataset, ending.run_id, champion)
            self.models.follow(ending.dataset, champion)

        behind = [self._register(ending, each) for each in waiting if each.what == "RUN"]
        changes = [each for each in waiting if each.what == "CHAMPION"]
        failing = "SageMaker's model registry could not be told"
        return [*behind, self._told(ending.dataset, changes, lambda: self._agree(ending.dataset, stand), failing)]

    def _register(self, ending: Ending, each: Outstanding) -> str:
        uri = ending.model_uri if each.run_id == ending.run_id else None
        return self._told(
            ending.dataset,
            [each],
            lambda: self.models.register(each.run_id, uri),
            f"SageMaker's model registry does not have the model of {each.run_id} yet",
        )

    def _mlflow(self, ending: Ending, waiting: list[Outstanding], mlflow_uri: str) -> list[str]:
        dataset = ending.dataset
        if not mlflow_uri:
            for each in waiting:
                self.outbox.done(dataset, each, datetime.now(UTC))
            return []
        try:
            tracking = _reach(mlflow_uri)
        except Exception as error:
            return [self._missed(dataset, waiting, error, "MLflow could not be reached")]
        runs = [each for each in waiting if each.what == "RUN" and self._is_over(ending, each)]
        behind = [self._record(tracking, ending, each) for each in runs[:_RUNS_AT_ONCE]]
        behind += [f"MLflow does not show {len(runs) - _RUNS_AT_ONCE} more runs yet"] if runs[_RUNS_AT_ONCE:] else []

        def crown(champion: Mapping[str, Any] | None) -> None:
            self.history.crown(tracking, dataset, champion)

        changes = [each for each in waiting if each.what == "CHAMPION"]
        failing = "MLflow does not show the champion yet"
        return [*behind, self._told(dataset, changes, lambda: self._agree(dataset, crown), failing)]

    def _agree(self, dataset: str, tell: Callable[[Mapping[str, Any] | None], None]) -> None:
        """Tell who is champion, and look again: a rollback meanwhile, and whoever told of it, were perhaps faster."""
        champion = self.registry.champion(dataset)
        for _ in range(_CHANGES_AT_ONCE):
            tell(champion)
            before, champion = champion, self.registry.champion(dataset)
            if champion == before:
                return
        raise StoreUnavailable(f"the champion of {dataset} changed {_CHANGES_AT_ONCE} times while it was told")

    def _is_over(self, ending: Ending, each: Outstanding) -> bool:
        return each.run_id == ending.run_id or self.history.ended(each.run_id)

    def _record(self, tracking: Tracking, ending: Ending, each: Outstanding) -> str:
        return self._told(
            ending.dataset,
            [each],
            lambda: self.history.record(tracking, each.run_id, ending=each.run_id == ending.run_id),
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
    if settings.MLFLOW_APP_ARN:
        with suppress(ImportError):  # at the cold start no run waits for it; what is wrong is said when it is used
            import_module("functions.track_run.tracking")
    table, sagemaker = (
        boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE),
        boto3.client("sagemaker", config=PATIENCE),
    )
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
