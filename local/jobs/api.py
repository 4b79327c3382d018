"""The job operations of the SageMaker API, in place of moto's, whose jobs are Completed when they are created."""

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import Cloud
from local.jobs.book import Book
from local.jobs.job import KINDS, TRAINING, TUNING, Job, Kind
from local.jobs.launcher import Launcher
from local.jobs.trials import COUNTERS, trial_listing
from local.jobs.validation import validate
from local.seams import Seams


def install_api(seams: Seams, cloud: Cloud, book: Book, launcher: Launcher) -> None:
    """Replaces create, describe, list and stop of every kind of job."""

    def operations(kind: Kind) -> dict[str, Any]:
        def create(response: Any) -> Any:
            request = json.loads(response.body)
            validate(cloud, kind, request)
            job = launcher.launch(kind, request)
            return ActionResult({kind.arn_key: job.arn})

        def describe(response: Any) -> Any:
            return ActionResult(found(response).describe())

        def stop(response: Any) -> Any:
            job = found(response)
            if job.finished.is_set():
                raise ValidationError(f"The request was rejected because the job is in status {job.status}.")
            job.stop()
            return EmptyResult()

        def list_jobs(response: Any) -> Any:
            return ActionResult(listing(kind, book.of_kind(kind), json.loads(response.body or "{}")))

        def found(response: Any) -> Job:
            name = json.loads(response.body).get(kind.name_key, "")
            job = book.find(kind, name)
            if job is None:
                raise ValidationError(f"Could not find requested job with name: {name}")
            return job

        return {
            f"create_{kind.noun}": create,
            f"describe_{kind.noun}": describe,
            f"stop_{kind.noun}": stop,
            f"list_{kind.noun}s": list_jobs,
        }

    for kind in KINDS:
        for name, operation in operations(kind).items():
            seams.replace(SageMakerResponse, name, operation)

    def list_trials(response: Any) -> Any:
        request = json.loads(response.body)
        job = book.find(TUNING, request[TUNING.name_key])
        if job is None:
            raise ValidationError(f"Could not find requested job with name: {request[TUNING.name_key]}")
        return ActionResult(trial_listing(job, book.of_kind(TRAINING), request))

    seams.replace(SageMakerResponse, "list_training_jobs_for_hyper_parameter_tuning_job", list_trials)


def listing(kind: Kind, jobs: list[Job], request: dict[str, Any]) -> dict[str, Any]:
    """The List answer: filtered by name and status, one page at a time."""
    wanted = [
        job
        for job in jobs
        if request.get("NameContains", "") in job.name and request.get("StatusEquals", job.status) == job.status
    ]
    if request.get("SortOrder") == "Ascending":
        wanted.reverse()
    first, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 100)
    page: dict[str, Any] = {f"{kind.title}JobSummaries": [_summary(job) for job in wanted[first : first + size]]}
    if first + size < len(wanted):
        page["NextToken"] = str(first + size)
    return page


def _summary(job: Job) -> dict[str, Any]:
    wanted = [
        "Strategy",
        "ResourceLimits",
        job.kind.name_key,
        job.kind.arn_key,
        job.kind.status_key,
        "CreationTime",
        "LastModifiedTime",
    ]
    wanted += [f"{job.kind.title}EndTime", "FailureReason", "SecondaryStatus", *COUNTERS]
    described = job.describe()
    if job.kind is TUNING:
        config = described["HyperParameterTuningJobConfig"]
        described |= {name: config[name] for name in ("Strategy", "ResourceLimits")}
    return {name: described[name] for name in wanted if name in described}
