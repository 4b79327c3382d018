"""The job operations of the SageMaker API, in place of moto's, whose jobs are Completed when they are created."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local.jobs.book import Book
from local.jobs.host import Host
from local.jobs.job import KINDS, Job, Kind
from local.jobs.validation import validate
from local.seams import Seams

Run = Callable[[Host, Job], None]


def install_api(seams: Seams, host: Host, book: Book, runs: dict[Kind, Run]) -> None:
    """Replaces create, describe, list and stop of every kind of job."""

    cloud = host.cloud

    def operations(kind: Kind) -> dict[str, Any]:
        noun = f"{kind.title.lower()}_job"
        registered = getattr(sagemaker_backends[cloud.account][cloud.region], f"{noun}s")

        def create(response: Any) -> Any:
            request = json.loads(response.body)
            validate(cloud, kind, request)
            name = request[kind.name_key]
            job = Job(kind, request, f"arn:aws:sagemaker:{cloud.region}:{cloud.account}:{kind.arn_type}/{name}")
            if not book.add(job):
                raise ResourceInUseException(
                    "Job name must be unique within an AWS account and region, "
                    f"and a job with this name already exists ({job.arn})"
                )
            registered[name] = job  # where moto looks for what it tags
            host.start(job, runs[kind])
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
            f"create_{noun}": create,
            f"describe_{noun}": describe,
            f"stop_{noun}": stop,
            f"list_{noun}s": list_jobs,
        }

    for kind in KINDS:
        for name, operation in operations(kind).items():
            seams.replace(SageMakerResponse, name, operation)


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
    wanted = [job.kind.name_key, job.kind.arn_key, job.kind.status_key, "CreationTime", "LastModifiedTime"]
    wanted += [f"{job.kind.title}EndTime", "FailureReason", "SecondaryStatus"]
    described = job.describe()
    return {name: described[name] for name in wanted if name in described}
