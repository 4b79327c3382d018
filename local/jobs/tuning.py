"""Tuning jobs: trials of the image's `train`, each a training job of its own."""

import hashlib
import queue
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.jobs.job import TRAINING, Job, JobFailed, JobStopped
from local.jobs.launcher import Launcher
from local.jobs.search import Search
from local.jobs.trials import TUNED_BY, best_of, facts, objective_of, value_of

if TYPE_CHECKING:
    import optuna

LOOK_SECONDS = 0.05
ALL_FAILED = "All training jobs failed. Please take a look at the training jobs failures to get more details."
NO_OBJECTIVE = "No objective metrics found after running {} training jobs. Please ensure that the custom algorithm "
NO_OBJECTIVE += "is emitting the objective metric as defined by the regular expression provided."


def tune(launcher: Launcher, job: Job) -> None:
    """Runs trials until there are as many as asked for; the best one's model is where a training job leaves it."""
    Tuning(launcher, job).run()


@dataclass(frozen=True)
class Running:
    """A trial that has not been told to the search yet."""

    job: Job
    proposed: "optuna.Trial"


class Tuning:
    """One tuning job.

    TrainingJobEarlyStoppingType ends no trial here, nor would it on AWS: it goes by the objective's way over a
    training, and our image tells the objective once, at its end. Training itself stops early, by the validation rows.
    """

    def __init__(self, launcher: Launcher, job: Job) -> None:
        self._launcher, self._job = launcher, job
        config = job.request["HyperParameterTuningJobConfig"]
        self._limits: dict[str, Any] = config["ResourceLimits"]
        self._search = Search(config)
        self._trials: list[Job] = []
        self._running: list[Running] = []
        self._note()

    def run(self) -> None:
        """Raises JobFailed, JobStopped."""
        most = self._limits["MaxNumberOfTrainingJobs"]
        deadline = time.monotonic() + self._limits.get("MaxRuntimeInSeconds", float("inf"))
        try:
            while self._running or len(self._trials) < most:
                if time.monotonic() > deadline:
                    self._end_trials()
                    break
                while len(self._trials) < most and len(self._running) < self._limits["MaxParallelTrainingJobs"]:
                    self._start_trial()
                self._wait()
                self._take_finished()
        except JobStopped:
            self._end_trials()
            raise
        if best_of(self._job, self._trials) is None:
            completed = any(trial.status == "Completed" for trial in self._trials)
            raise JobFailed(NO_OBJECTIVE.format(len(self._trials)) if completed else ALL_FAILED)

    def _start_trial(self) -> None:
        proposed, tuned = self._search.ask()
        job = self._launcher.launch(TRAINING, self._request(tuned), TuningJobArn=self._job.arn)
        self._trials.append(job)
        self._running.append(Running(job, proposed))
        self._note()

    def _request(self, tuned: dict[str, str]) -> dict[str, Any]:
        definition = dict(self._job.request["TrainingJobDefinition"])
        fixed = definition.pop("StaticHyperParameters", {})
        number = len(self._trials) + 1
        digest = hashlib.sha256(f"{self._job.arn} {number}".encode()).hexdigest()[:8]
        metric = objective_of(self._job)["MetricName"]
        return {
            "TrainingJobName": f"{self._job.name}-{number:03d}-{digest}",
            "HyperParameters": {TUNED_BY: metric, **fixed, **tuned},
            **definition,
        }

    def _wait(self) -> None:
        """For a trial to end, or for the word to stop."""
        try:
            signal = self._job.signals.get_nowait()
        except queue.Empty:
            self._running[0].job.finished.wait(LOOK_SECONDS)
        else:
            assert signal == "stop"
            raise JobStopped("Stopped")

    def _take_finished(self) -> None:
        ended = [each for each in self._running if each.job.finished.is_set()]
        for each in ended:
            self._running.remove(each)
            self._search.tell(each.proposed, value_of(self._job, each.job))
        if ended:
            self._note()

    def _end_trials(self) -> None:
        for each in self._running:
            each.job.stop()
        for each in self._running:
            each.job.finished.wait()
        self._take_finished()

    def _note(self) -> None:
        self._job.note(**facts(self._job, self._trials))
