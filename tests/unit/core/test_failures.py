import json
from typing import Any

import pytest

from evergreen.failures import TaskError, describe

RUN = "orders-00001-3f2a9c81"


def said(cause: Any, error: str = "States.TaskFailed") -> str:
    return describe(TaskError(Error=error, Cause=cause if isinstance(cause, str) else json.dumps(cause)), RUN)


@pytest.mark.parametrize("name", ["TrainingJobName", "ProcessingJobName", "TransformJobName"])
def test_a_failed_job_is_told_by_its_name_and_failure_reason(name: str) -> None:
    assert said({name: "orders-00001-3f2a9c81-train-00", "FailureReason": "AlgorithmError: no rows"}) == (
        "orders-00001-3f2a9c81-train-00: AlgorithmError: no rows"
    )


def test_a_failed_tuning_job_is_told_with_where_its_trials_tell_theirs() -> None:
    cause = {"HyperParameterTuningJobName": "orders-1c8c0fa9f7fe-00", "FailureReason": "All training jobs failed."}
    assert said(cause) == (
        f"orders-1c8c0fa9f7fe-00: All training jobs failed. Each trial's own reason: evergreen run {RUN}"
    )


def test_what_a_processing_container_said_itself_comes_before_sagemakers_words() -> None:
    cause = {"ProcessingJobName": "p", "ExitMessage": "features.sql: no column x", "FailureReason": "exit code 1"}
    assert said(cause) == "p: features.sql: no column x"


def test_a_failed_function_is_told_by_its_error_and_message() -> None:
    cause = {"errorMessage": "100 rows to score, 99 items written", "errorType": "CountsDisagree", "stackTrace": []}
    assert said(cause, "CountsDisagree") == "CountsDisagree: 100 rows to score, 99 items written"


@pytest.mark.parametrize("cause", ["plain words", "[1, 2]", '"quoted"', "{broken"])
def test_a_cause_of_any_other_form_is_told_as_it_stands(cause: str) -> None:
    assert said(cause, "SageMaker.ValidationException") == f"SageMaker.ValidationException: {cause}"


def test_a_time_out_without_a_cause_is_told_by_its_name() -> None:
    assert describe(TaskError(Error="States.Timeout"), RUN) == "States.Timeout"


def test_a_json_cause_without_words_is_told_whole() -> None:
    assert said({"code": 7}, "Odd") == 'Odd: {"code": 7}'


def test_a_part_that_could_not_be_loaded_is_told_with_where_its_own_reason_is() -> None:
    error = TaskError(
        Error="States.ExceedToleratedFailureThreshold", Cause="The specified tolerated failure threshold was exceeded"
    )
    told = describe(error, "next-purchase-00001-3f2a9c81")
    assert "nothing was published" in told
    assert "map run of execution next-purchase-00001-3f2a9c81" in told


@pytest.mark.parametrize(
    ("status", "told"),
    [("Stopped", "Somebody stopped it before it was done."), ("MaxRuntimeExceeded", "It took longer than it may")],
)
def test_a_job_that_was_stopped_is_told_in_words_and_not_by_its_whole_description(status: str, told: str) -> None:
    cause = {"TrainingJobName": "orders-train-00", "TrainingJobStatus": "Stopped", "SecondaryStatus": status}
    assert said(cause).startswith(f"orders-train-00: {told}")
    assert "{" not in said(cause)


def test_a_job_that_was_killed_is_told_with_the_likely_cause() -> None:
    told = said({"TrainingJobName": "t", "FailureReason": "AlgorithmError: , exit code: 137"})
    assert told == "t: AlgorithmError: , exit code: 137 (killed: mostly for want of memory)"
    assert "memory" not in said({"TrainingJobName": "t", "FailureReason": "AlgorithmError: , exit code: 1"})
