"""The trials of a tuning job, as the API tells of them."""

from collections.abc import Sequence
from typing import Any

from local.jobs.job import Job

COUNTERS = ("TrainingJobStatusCounters", "ObjectiveStatusCounters")
TUNED_BY = "_tuning_objective_metric"  # which SageMaker adds to every trial's hyperparameters
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")


def objective_of(tuning: Job) -> dict[str, str]:
    """What is to be minimised or maximised."""
    return dict(tuning.request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"])


def value_of(tuning: Job, trial: Job) -> float | None:
    """A completed trial's objective, if its log told one."""
    name = objective_of(tuning)["MetricName"]
    found = [each["Value"] for each in trial.facts.get("FinalMetricDataList", []) if each["MetricName"] == name]
    return float(found[-1]) if found and trial.status == "Completed" else None


def best_of(tuning: Job, trials: Sequence[Job]) -> Job | None:
    """The trial with the best objective."""
    valued = [(value, trial) for trial in trials if (value := value_of(tuning, trial)) is not None]
    choose = max if objective_of(tuning)["Type"] == "Maximize" else min
    return choose(valued, key=lambda each: each[0])[1] if valued else None


def facts(tuning: Job, trials: Sequence[Job]) -> dict[str, Any]:
    """What Describe says of the trials so far."""
    best = best_of(tuning, trials)
    kinds = [_counted_as(trial) for trial in trials]
    status = {
        name: kinds.count(name)
        for name in ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    }
    told = [_objective_status(tuning, trial) for trial in trials]
    objective = {name: told.count(name) for name in ("Succeeded", "Pending", "Failed")}
    counted = dict(zip(COUNTERS, (status, objective), strict=True))
    return counted | ({"BestTrainingJob": summary(tuning, best)} if best else {})


def summary(tuning: Job, trial: Job) -> dict[str, Any]:
    """One trial."""
    value = value_of(tuning, trial)
    fixed = {TUNED_BY, *tuning.request["TrainingJobDefinition"].get("StaticHyperParameters", {})}
    found = {
        "TrainingJobName": trial.name,
        "TrainingJobArn": trial.arn,
        "TrainingJobStatus": trial.status,
        "TunedHyperParameters": {
            name: value for name, value in trial.request["HyperParameters"].items() if name not in fixed
        },
        "ObjectiveStatus": _objective_status(tuning, trial),
        **{name: trial.facts[name] for name in (*_TIMES, "FailureReason") if name in trial.facts},
    }
    if value is not None:
        found["FinalHyperParameterTuningJobObjectiveMetric"] = objective_of(tuning) | {"Value": value}
    return found


def trial_listing(tuning: Job, jobs: Sequence[Job], request: dict[str, Any]) -> dict[str, Any]:
    """The answer of ListTrainingJobsForHyperParameterTuningJob, one page at a time."""
    trials = [job for job in jobs if job.facts.get("TuningJobArn") == tuning.arn]
    wanted = [trial for trial in trials if request.get("StatusEquals", trial.status) == trial.status]
    by = request.get("SortBy", "Name")
    if by == "FinalObjectiveMetricValue":  # those without one are not listed then
        wanted = [trial for trial in wanted if value_of(tuning, trial) is not None]
    keys = {
        "Name": lambda trial: trial.name,
        "CreationTime": lambda trial: trial.facts["CreationTime"],
        "Status": lambda trial: trial.status,
        "FinalObjectiveMetricValue": lambda trial: value_of(tuning, trial),
    }
    wanted.sort(key=keys[by], reverse=request.get("SortOrder") == "Descending")
    first, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 10)
    page: dict[str, Any] = {"TrainingJobSummaries": [summary(tuning, trial) for trial in wanted[first : first + size]]}
    if first + size < len(wanted):
        page["NextToken"] = str(first + size)
    return page


def _counted_as(trial: Job) -> str:
    match trial.status:
        case "Completed" | "Stopped":
            return trial.status
        case "Failed":
            platform = str(trial.facts.get("FailureReason", "")).startswith("InternalServerError")
            return "RetryableError" if platform else "NonRetryableError"
    return "InProgress"


def _objective_status(tuning: Job, trial: Job) -> str:
    if not trial.finished.is_set():
        return "Pending"
    return "Failed" if value_of(tuning, trial) is None else "Succeeded"
