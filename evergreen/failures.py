"""Reading what Step Functions caught, so that a person is told the cause and not its wrapping."""

import json
import re

from evergreen.strict import Strict

_LONGEST = 1000  # characters; a Fail state's cause may have 32,768, a person's patience less
_PART_FAILED = "States.ExceedToleratedFailureThreshold"  # of the one Distributed Map; AWS says no more
_TUNING_JOB = "HyperParameterTuningJobName"
_KILLED = re.compile(r"exit code:? (137|-9)\b")
_JOB_NAMES = ("TrainingJobName", "ProcessingJobName", "TransformJobName", _TUNING_JOB)


class TaskError(Strict):
    """The error object that a Catch hands on."""

    Error: str
    Cause: str = ""


def describe(error: TaskError, run_id: str) -> str:
    """The cause in words: a job's FailureReason, a function's errorMessage, or the text as it stands."""
    told = _told(error, run_id)
    return told if len(told) <= _LONGEST else told[:_LONGEST] + " …"


def _told(error: TaskError, run_id: str) -> str:
    if error.Error == _PART_FAILED:
        return (
            "A part of the predictions could not be loaded, so nothing was published. Which one and why: the map run "
            f"of execution {run_id} in Step Functions; the log of LoadPredictions has it, too."
        )
    try:
        cause = json.loads(error.Cause)
    except ValueError:
        return f"{error.Error}: {error.Cause}" if error.Cause else error.Error
    if not isinstance(cause, dict):
        return f"{error.Error}: {error.Cause}"
    job = next((cause[name] for name in _JOB_NAMES if name in cause), "")
    reason = cause.get("ExitMessage") or cause.get("FailureReason") or cause.get("errorMessage")
    reason = _in_words(reason or _stopped(cause) or error.Cause)
    if _TUNING_JOB in cause:
        reason = f"{reason} Each trial's own reason: evergreen run {run_id}"
    return f"{job}: {reason}" if job else f"{error.Error}: {reason}"


def _stopped(cause: dict[str, object]) -> str | None:
    """A job that was stopped has no reason but its status."""
    statuses = {str(value) for name, value in cause.items() if name.endswith("Status")}
    if "MaxRuntimeExceeded" in statuses:
        return "It took longer than it may, so SageMaker stopped it."
    return "Somebody stopped it before it was done." if "Stopped" in statuses else None


def _in_words(reason: str) -> str:
    """What an exit code means that says nothing by itself."""
    return f"{reason.rstrip('.')} (killed: mostly for want of memory)" if _KILLED.search(reason) else reason
