"""The trials of a run that was tuned: what was tried, how it did on the validation rows, and which was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from rich.markup import escape
from rich.table import Table

from evergreen.cli.history import Execution
from evergreen.runs import tuning_name

STATE = "TuneChallenger"


@dataclass(frozen=True)
class Trials:
    """One tuning job."""

    job: str
    objective: str  # as in validation:mae
    best: str | None  # the training job's name
    each: Sequence[Mapping[str, Any]]  # as SageMaker lists them, in the order in which they were started

    @classmethod
    def of(cls, run_id: str, execution: Execution | None) -> "Trials | None":
        """The trials of a run's last tuning job; None when it was not tuned."""
        if execution is None or STATE not in [visit.name for visit in execution.visits]:
            return None
        sagemaker = boto3.client("sagemaker")
        jobs = sagemaker.list_hyper_parameter_tuning_jobs(
            NameContains=tuning_name(run_id), SortBy="CreationTime", SortOrder="Descending"
        )["HyperParameterTuningJobSummaries"]
        if not jobs:
            return None
        name = jobs[0]["HyperParameterTuningJobName"]
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
            HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending"
        )
        return cls(
            job=name,
            objective=job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"],
            best=job.get("BestTrainingJob", {}).get("TrainingJobName"),
            each=[trial for page in pages for trial in page["TrainingJobSummaries"]],
        )

    def table(self) -> Table:
        """For people: the chosen trial is marked."""
        table = Table(title=f"Trials of {self.job}", title_justify="left", box=None, pad_edge=False)
        for column in ("", "trial", self.objective, "hyperparameters", "status"):
            table.add_column(column, justify="right" if column == self.objective else "left", overflow="fold")
        for number, trial in enumerate(self.each, start=1):
            value = _value(trial)
            told = ", ".join(f"{name} {_short(text)}" for name, text in sorted(trial["TunedHyperParameters"].items()))
            status = trial.get("FailureReason", trial["TrainingJobStatus"])
            chosen = "*" if trial["TrainingJobName"] == self.best else ""
            shown = "–" if value is None else f"{value:.4f}"
            table.add_row(chosen, str(number), shown, escape(told), escape(status))
        return table

    def document(self) -> dict[str, Any]:
        """For programs."""
        each = [
            {
                "training_job": trial["TrainingJobName"],
                "status": trial["TrainingJobStatus"],
                "value": _value(trial),
                "hyperparameters": trial["TunedHyperParameters"],
            }
            for trial in self.each
        ]
        return {"tuning_job": self.job, "objective": self.objective, "best": self.best, "trials": each}


def _value(trial: Mapping[str, Any]) -> float | None:
    found = trial.get("FinalHyperParameterTuningJobObjectiveMetric")
    return float(found["Value"]) if found else None


def _short(text: str) -> str:
    """A number in four digits, a word as it is."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text
