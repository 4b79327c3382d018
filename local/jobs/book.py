"""The jobs of a running cloud, where the API and the state machines find them."""

import threading

from local.jobs.job import Job, Kind


class Book:
    """Every job since the cloud started; a name is never free again, as on AWS."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Job] = {}
        self._lock = threading.Lock()

    def add(self, job: Job) -> bool:
        """Enters the job; False when the name is taken."""
        with self._lock:
            return self._jobs.setdefault((job.kind.title, job.name), job) is job

    def find(self, kind: Kind, name: str) -> Job | None:
        """The job of that name."""
        return self._jobs.get((kind.title, name))

    def of_kind(self, kind: Kind) -> list[Job]:
        """All jobs of a kind, latest first."""
        found = [job for (title, _), job in list(self._jobs.items()) if title == kind.title]
        return sorted(found, key=lambda job: str(job.facts["CreationTime"]), reverse=True)

    def unfinished(self) -> list[Job]:
        """The jobs that still run."""
        return [job for job in list(self._jobs.values()) if not job.finished.is_set()]
