"""Runs jobs, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local.cloud import Cloud
from local.jobs.job import Job, JobFailed, JobStopped, Kind
from local.jobs.opt_ml import OptMl
from local.role_sessions import RoleSessions

log = logging.getLogger(__name__)


class Host:
    """What a job needs of the cloud around it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.sessions = RoleSessions(cloud)

    def opt_ml(self, job: Job, role_arn: str) -> OptMl:
        """A fresh /opt/ml folder that reads and writes S3 as the role."""
        folder = self.cloud.work_dir / "jobs" / job.kind.arn_type / job.name / "ml"
        return OptMl(folder, self.sessions.client("s3", role_arn, "SageMaker"))

    def start(self, job: Job, run: "Callable[[Host, Job], None]") -> None:
        """Runs the job's steps and notes how they end."""
        threading.Thread(target=self._run, args=(job, run), name=f"job {job.name}", daemon=True).start()

    def _run(self, job: Job, run: "Callable[[Host, Job], None]") -> None:
        try:
            run(self, job)
        except JobFailed as failure:
            job.finish("Failed", FailureReason=str(failure)[:1024], **_secondary(job.kind, "Failed"))
        except JobStopped as stopped:
            job.finish("Stopped", **_secondary(job.kind, stopped.because))
        except Exception as error:
            log.exception("job %s", job.name)
            job.finish("Failed", FailureReason=f"InternalServerError: {error}"[:1024], **_secondary(job.kind, "Failed"))
        else:
            job.finish("Completed", **_secondary(job.kind, "Completed"))


def _secondary(kind: Kind, status: str) -> dict[str, Any]:
    return {"SecondaryStatus": status} if kind.title == "Training" else {}
