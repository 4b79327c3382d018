"""Registering a challenger: a version in SageMaker's model registry, known by the run's record."""

from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.lineage import Origin, approval_status, first_word
from evergreen.runs import dataset_of
from evergreen.stores.files import Files
from evergreen.stores.lineages import Lineages
from evergreen.stores.model_packages import ModelPackages
from evergreen.stores.runs import RunRecords
from evergreen.stores.training_jobs import TrainingJobs


class Registration:
    """Safe to repeat: what the record knows is not done again."""

    def __init__(
        self, files: Files, runs: RunRecords, packages: ModelPackages, jobs: TrainingJobs, origin: Origin
    ) -> None:
        self._files = files
        self._runs = runs
        self._packages = packages
        self._jobs = jobs
        self._origin = origin

    def register(self, run_id: str, model_uri: str) -> str | None:
        """The ARN of the run's model package; None for a run without a verdict. Raises StoreUnavailable."""
        known = self._runs.get(run_id) or {}
        if known.get("model_package_arn"):
            return str(known["model_package_arn"])
        # Before SageMaker is asked anything: while it is away nobody else would know later where the model lies.
        self._runs.note(run_id, model_uri=model_uri, git_commit=self._origin.git_commit, image=self._origin.image)
        self._runs.note(run_id, hyperparameters=self._jobs.hyperparameters(model_uri))
        lineage = Lineages(self._files, self._runs).of(run_id)
        if lineage.verdict is None:
            return None
        layout = RunLayout(dataset_of(run_id), run_id)
        gate = self._files.read(layout.contract_file("dataset.json"), Contract).gate
        evaluation = self._files.uri(layout.evaluation_file)
        arn = self._packages.register(lineage, lineage.verdict, gate, evaluation)
        self._runs.note(run_id, model_package_arn=arn)  # at once: SageMaker does not know a client token for ever
        self._packages.decide(arn, approval_status(lineage.verdict, gate), first_word(run_id, lineage.verdict, gate))
        return arn
