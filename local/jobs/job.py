"""A SageMaker job: its request, and what became of it so far."""

import queue
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Signal = Literal["exited", "stop"]


@dataclass(frozen=True)
class Kind:
    """One of SageMaker's kinds of job, with the names that its API gives to the same things."""

    title: str  # Training, Processing, Transform, HyperParameterTuning
    log_group: str
    longest_name: int = 63

    @property
    def noun(self) -> str:
        """As in the names of operations: hyper_parameter_tuning_job."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.title).lower() + "_job"

    @property
    def name_key(self) -> str:
        return f"{self.title}JobName"

    @property
    def arn_key(self) -> str:
        return f"{self.title}JobArn"

    @property
    def status_key(self) -> str:
        return f"{self.title}JobStatus"

    @property
    def arn_type(self) -> str:
        return self.noun.replace("_", "-")


TRAINING = Kind("Training", "/aws/sagemaker/TrainingJobs")
PROCESSING = Kind("Processing", "/aws/sagemaker/ProcessingJobs")
TRANSFORM = Kind("Transform", "/aws/sagemaker/TransformJobs")
TUNING = Kind("HyperParameterTuning", TRAINING.log_group, longest_name=32)
KINDS = (TRAINING, PROCESSING, TRANSFORM, TUNING)


class JobFailed(Exception):
    """The job cannot go on; the text is its FailureReason."""


class JobStopped(Exception):
    """The job was ended from outside; `because` is the secondary status of a training job."""

    def __init__(self, because: Literal["Stopped", "MaxRuntimeExceeded"]) -> None:
        super().__init__(because)
        self.because = because


class Job:
    """One job; Describe answers its request together with these facts."""

    def __init__(self, kind: Kind, request: dict[str, Any], arn: str) -> None:
        self.kind, self.request, self.arn = kind, request, arn
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.signals: queue.Queue[Signal] = queue.Queue()
        self.finished = threading.Event()
        self._ending = threading.Lock()
        now = datetime.now(UTC)
        self.facts: dict[str, Any] = {kind.arn_key: arn, kind.status_key: "InProgress", "CreationTime": now}
        if kind is not TRANSFORM:
            self.facts["LastModifiedTime"] = now
        if kind is TRAINING:
            self.facts["SecondaryStatus"] = "Starting"

    @property
    def name(self) -> str:
        return str(self.request[self.kind.name_key])

    @property
    def status(self) -> str:
        return str(self.facts[self.kind.status_key])

    @property
    def most_seconds(self) -> float | None:
        """How long it may run, None without a limit."""
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        return None if limit is None else float(limit)

    def describe(self) -> dict[str, Any]:
        """The Describe answer."""
        return {name: value for name, value in self.request.items() if name != "Tags"} | self.facts

    def start(self) -> None:
        """Notes that the job's own code starts now."""
        self.note(**{f"{self.kind.title}StartTime": datetime.now(UTC)})

    def note(self, **facts: Any) -> None:
        """Adds facts to Describe."""
        self.facts |= facts
        if "LastModifiedTime" in self.facts:
            self.facts["LastModifiedTime"] = datetime.now(UTC)

    def stop(self) -> None:
        """Asks the job to end; it is Stopping until it has."""
        with self._ending:
            if self.finished.is_set():
                return
            self.note(**{self.kind.status_key: "Stopping"})
        self.signals.put("stop")

    def finish(self, status: Literal["Completed", "Failed", "Stopped"], **facts: Any) -> None:
        """Ends the job; whoever waits for it goes on."""
        ended = {f"{self.kind.title}EndTime": datetime.now(UTC)}
        with self._ending:
            self.note(**ended, **facts, **{self.kind.status_key: status})
            self.finished.set()
