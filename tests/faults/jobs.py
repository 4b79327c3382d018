"""SageMaker's jobs, which write what the container would: the same small documents, at the same places in S3."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evergreen.evaluation import Comparison, Evaluation
from evergreen.generations import ScoringPart, ScoringParts
from evergreen.inference import batch_log
from evergreen.layout import RunLayout
from evergreen.manifest import CollectedReport, DataReport, DataSummary, FileReport, InputFile, Rejection, RunManifest
from evergreen.stores.files import Files
from evergreen.teachers import ClassAgreement, TeachersReport
from tests.faults.execution import TaskFailed

BETTER: dict[str, Any] = {"improvement": 7.0, "relative": 0.27, "low": 6.0, "high": 8.0}
WORSE: dict[str, Any] = {"improvement": -7.0, "relative": -0.27, "low": -8.0, "high": -6.0}
_PARTS = ("part-00000.csv", "part-00001.csv")
_NAMES = ("ProcessingJobName", "TrainingJobName", "HyperParameterTuningJobName", "TransformJobName", "ModelName")


@dataclass
class Jobs:
    """Every job there was, by name, which SageMaker takes once."""

    files: Files
    names: set[str] = field(default_factory=set)
    losing: set[str] = field(default_factory=set)  # runs whose scoring says it went well, and lost a row

    def run(self, service: str, parameters: dict[str, Any], run_id: str, dataset: str) -> Any:
        """What the optimized integration answers when the job has ended well."""
        name = next(parameters[each] for each in _NAMES if each in parameters)
        assert len(name) <= (32 if "HyperParameterTuningJobName" in parameters else 63), name
        if name in self.names:
            raise TaskFailed("SageMaker.ResourceInUseException", f"{name} is there already")
        self.names.add(name)
        layout = RunLayout(dataset, run_id)
        work: dict[str, Callable[[], Any]] = {
            "createTrainingJob.sync": lambda: self._train(parameters["OutputDataConfig"]["S3OutputPath"], name),
            "createHyperParameterTuningJob.sync": lambda: self._tune(parameters, name),
            "createModel": lambda: {"ModelArn": f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"},
            "createTransformJob.sync": lambda: self._score(layout, parameters["DataProcessing"]["OutputFilter"]),
        }
        if service == "createProcessingJob.sync":
            verb = parameters["AppSpecification"]["ContainerArguments"][0]
            return {"prepare": self.prepare, "label": self._label, "evaluate": self._evaluate}[verb](layout)
        return work[service]()

    def collect(self, layout: RunLayout) -> None:
        """One item has its outcome, and two wait for the teachers."""
        self.files.write(layout.outcomes, b"rows")
        self.files.write(layout.samples, b"rows")

    def log_scores(self, layout: RunLayout) -> None:
        """A log of each part."""
        for part in _PARTS:
            assert self.files.modified(layout.predictions_part(part)), "what was not scored cannot be logged"
            self.files.write(batch_log(layout.dataset, layout.run_id, part), b"rows")

    def prepare(self, layout: RunLayout) -> None:
        """A file whose text is `bad` is refused; a run without a good one, and without history, is unusable."""
        manifest = self.files.read(layout.manifest, RunManifest)
        refused = [each for each in manifest.inputs if self.files.content(each.key) == b"bad"]
        good = [each for each in manifest.inputs if each not in refused]
        for each in good:
            self.files.write(f"{layout.accepted}/{each.arrival_id}.parquet", b"rows")
        rows = 2 + len(good) + len(manifest.history)
        collected = self._take_outcomes(layout, manifest)
        report = DataReport(
            usable=bool(good) or not refused,
            files=tuple(_file(each, refused=each in refused) for each in manifest.inputs),
            rejections=tuple(Rejection(file=each.source, rule="header", reason="no header") for each in refused),
            rows=rows,
            scoring_rows=rows,
            scoring_cutoff="2011-12-09",
            collected=collected,
        )
        self.files.write(layout.report, report)
        parts = ScoringPart(part=_PARTS[0], rows=rows - 1), ScoringPart(part=_PARTS[1], rows=1)
        self.files.write(layout.scoring_parts, ScoringParts(parts))
        summary = DataSummary(
            usable=report.usable, reason="said the test", rows=rows, scoring_rows=rows, samples=2 if collected else 0
        )
        self.files.write(layout.summary, summary)

    def _take_outcomes(self, layout: RunLayout, manifest: RunManifest) -> CollectedReport | None:
        if manifest.collection is None:
            return None
        outcomes = manifest.collection.outcomes
        assert self.files.content(outcomes.key) == b"rows"
        key = f"{layout.accepted}/{outcomes.arrival_id}.parquet"
        self.files.write(key, b"rows")
        file = _file(outcomes, refused=False).model_copy(update={"accepted_key": key})
        return CollectedReport(since=manifest.collection.since, outcomes=file, teachable=2)

    def _label(self, layout: RunLayout) -> None:
        agreed = ClassAgreement(agreed=1, audited=9, precision=1.0, labelled=1)
        said = {"samples": 2, "agreed": 1, "labelled": 1, "weight": 0.5, "min_agreement": 0.8, "audit_rows": 9}
        report = TeachersReport(**said, audited=9, precision=1.0, classes={"1": agreed}, reason="said the test")
        self.files.write(layout.teachers_report, report)

    def _train(self, where: str, name: str) -> dict[str, Any]:
        uri = f"{where}/{name}/output/model.tar.gz"
        self.files.write(self.files.key(uri), b"a model")
        return {"ModelArtifacts": {"S3ModelArtifacts": uri}}

    def _tune(self, parameters: dict[str, Any], name: str) -> dict[str, Any]:
        where = parameters["TrainingJobDefinition"]["OutputDataConfig"]
        self._train(where["S3OutputPath"], f"{name}-001")
        return {
            "TrainingJobDefinition": {"OutputDataConfig": where},
            "BestTrainingJob": {"TrainingJobName": f"{name}-001"},
        }

    def _evaluate(self, layout: RunLayout) -> None:
        """The challenger of a run of a file whose text is `worse` loses."""
        manifest = self.files.read(layout.manifest, RunManifest)
        loses = any(self.files.content(each.key) == b"worse" for each in manifest.inputs)
        sure = {"confidence": 0.95, "resamples": 2000}
        against = Comparison(against="champion", **(WORSE if loses else BETTER), **sure)
        evaluation = Evaluation(
            task="time_to_event",
            metric="mae",
            rows=900,
            judged_rows=600,
            challenger={"mae": 18.9, "roc_auc": 0.71},
            baseline={"mae": 26.0, "roc_auc": 0.5},
            champion={"mae": 26.0, "roc_auc": 0.7} if manifest.champion else None,
            against_baseline=Comparison(against="baseline", **BETTER, **sure),
            against_champion=against if manifest.champion else None,
        )
        self.files.write(layout.evaluation_file, evaluation)

    def _score(self, layout: RunLayout, kept: str) -> None:
        rows = self.files.read(layout.report, DataReport).scoring_rows
        more = ",0.5" * (kept.count(",") - 1)  # a probability, where the task has one
        days = int(layout.run_id.split("-")[-2]) % 2 * 20  # so that each run moves everybody to another segment
        lines = [f"{entity},{entity + days}.5{more}\n" for entity in range(rows - (layout.run_id in self.losing))]
        for part, some in zip(_PARTS, (lines[1:], lines[:1]), strict=True):
            self.files.write(layout.predictions_part(part), "".join(some).encode())
            self.files.write(layout.scoring_part(part), "".join(some).encode())  # an endpoint here echoes its rows


def _file(each: InputFile, *, refused: bool) -> FileReport:
    accepted = 0 if refused else 5
    source, rejected = each.source, 5 - accepted
    return FileReport(
        arrival_id=each.arrival_id, source=source, rows=5, accepted=accepted, rejected=rejected, refused=refused
    )


def failed_job(reason: str, status: str = "Failed") -> TaskFailed:
    """How `.sync` tells of a job that did not end well."""
    cause = {"TrainingJobName": "j", "TrainingJobStatus": status, "FailureReason": reason}
    return TaskFailed("States.TaskFailed", json.dumps(cause))
