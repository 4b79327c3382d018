"""Starts jobs: those that the API is asked for, and the trials of a tuning job."""

from collections.abc import Callable
from typing import Any

from moto.sagemaker.exceptions import ResourceInUseException
from moto.sagemaker.models import sagemaker_backends

from local.jobs.book import Book
from local.jobs.host import Host
from local.jobs.job import Job, Kind

Run = Callable[[Host, Job], None]


class Launcher:
    """Enters a job in the book and runs it by its kind."""

    def __init__(self, host: Host, book: Book, runs: dict[Kind, Run]) -> None:
        self.host, self.book, self.runs = host, book, runs

    def launch(self, kind: Kind, request: dict[str, Any], **facts: Any) -> Job:
        """The job, running; a name that is taken is refused as SageMaker does."""
        cloud, name = self.host.cloud, request[kind.name_key]
        job = Job(kind, request, f"arn:aws:sagemaker:{cloud.region}:{cloud.account}:{kind.arn_type}/{name}")
        job.note(**facts)
        if not self.book.add(job):
            raise ResourceInUseException(
                "Job name must be unique within an AWS account and region, "
                f"and a job with this name already exists ({job.arn})"
            )
        backend = sagemaker_backends[cloud.account][cloud.region]
        getattr(backend, f"{kind.noun}s")[name] = job  # where moto looks for what it tags
        self.host.start(job, self.runs[kind])
        return job
