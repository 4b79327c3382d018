"""MLflow's own client: a run, its model's version and the alias, each looked for before it is made."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, Metric, Param, Run, RunTag
from mlflow.tracking import MlflowClient

from evergreen.tracked_run import RUN_ID, TrackedData, TrackedRun

_ALIAS = "champion"
_KIND = {"mlflow.experimentKind": "custom_model_development"}  # else the UI shows pages for language models


_OF_A_VERSION = (
    *(RUN_ID, "evergreen.verdict", "evergreen.approval"),
    *("evergreen.git_commit", "evergreen.image", "evergreen.model_package_arn"),
)


class Tracking:
    """One MLflow; on AWS the App, whose ARN is its tracking URI."""

    def __init__(self, uri: str) -> None:
        mlflow.set_tracking_uri(uri)  # where the plugin that signs for an App looks for it
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def check(self) -> None:
        """Raises MlflowException when MLflow does not answer."""
        self._client.search_experiments(max_results=1)

    def record(self, run: TrackedRun, artifacts: Mapping[str, list[Path]]) -> None:
        """Record a run; doing it again changes nothing. Raises MlflowException."""
        found = self._run(run)
        number, known = str(found.info.run_id), found.data.metrics
        new = {name: value for name, value in run.metrics.items() if known.get(name) != value}
        self._client.log_batch(
            number,
            metrics=[Metric(name, value, run.started_ms, 0) for name, value in new.items()],
            params=[Param(name, value) for name, value in run.parameters.items()],
            tags=[RunTag(name, value) for name, value in run.tags.items()],
        )
        if run.data:
            self._client.log_inputs(number, datasets=[_dataset(run.data)])
        for place, paths in artifacts.items():
            for path in paths:
                self._client.log_artifact(number, str(path), place or None)
        if run.model_uri:
            self._add_version(run, number, run.model_uri)
        self._client.set_terminated(number, run.status, run.ended_ms)

    def has_version(self, model: str, run_id: str) -> bool:
        """Whether the model of this run is a version already."""
        return self._version(model, run_id) is not None

    def crown(self, model: str, run_id: str) -> None:
        """Put the alias on the version of this run. Raises LookupError when there is none."""
        version = self._version(model, run_id)
        if version is None:
            raise LookupError(f"the model of {run_id} is no version of {model}")
        if self._client.get_registered_model(model).aliases.get(_ALIAS) != version:
            self._client.set_registered_model_alias(model, _ALIAS, version)

    def _run(self, run: TrackedRun) -> Run:
        """The run in MLflow, by its tag, or a new one."""
        experiment = self._experiment(run.experiment)
        found = self._client.search_runs([experiment], f"tags.`{RUN_ID}` = '{run.run_id}'", max_results=1)
        return (
            found[0] if found else self._client.create_run(experiment, run.started_ms, {RUN_ID: run.run_id}, run.run_id)
        )

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            return str(self._client.create_experiment(name, tags=_KIND))
        if found.lifecycle_stage != "active":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _add_version(self, run: TrackedRun, number: str, model_uri: str) -> None:
        if self.has_version(run.experiment, run.run_id):
            return
        if not self._client.search_registered_models(f"name = '{run.experiment}'"):
            self._client.create_registered_model(run.experiment)
        self._client.create_model_version(
            run.experiment,
            model_uri,
            run_id=number,
            tags=_version_tags(run),
            description=run.reason,
            await_creation_for=0,  # there is nothing to wait for: the model lies where it lay
        )

    def _version(self, model: str, run_id: str) -> str | None:
        found = self._client.search_model_versions(f"name = '{model}' and tags.`{RUN_ID}` = '{run_id}'")
        return str(found[0].version) if found else None


def _version_tags(run: TrackedRun) -> dict[str, Any]:
    return {name: value for name, value in run.tags.items() if name in _OF_A_VERSION}


def _dataset(data: TrackedData) -> DatasetInput:
    source, profile = json.dumps({"uri": data.source_uri}), json.dumps({"num_rows": data.rows})
    return DatasetInput(Dataset(data.name, data.digest, "s3", source, profile=profile), tags=[])
