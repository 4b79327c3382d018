"""A tuning job runs its trials as training jobs, and tells of them as SageMaker does."""

import json
import time
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.jobs import tuning
from tests.integration.compute.test_state_machines import output
from tests.integration.compute.world import World, unique, until

OBJECTIVE = "validation:loss"
RANGES = {
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "6", "ScalingType": "Linear"}],
    "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Logarithmic"}],
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "bb"]}],
}


def request(world: World, jobs: int = 3, parallel: int = 1, direction: str = "Minimize", **static: str) -> Any:
    world.put("train/rows.csv", "1,2\n")
    definition = world.training_request(**{"do": "measure", **static})
    del definition["TrainingJobName"]
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    definition["AlgorithmSpecification"] |= {
        "MetricDefinitions": [{"Name": OBJECTIVE, "Regex": f'"{OBJECTIVE}": ([-+0-9.eE]+)'}]
    }
    return {
        "HyperParameterTuningJobName": unique("tune"),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": direction, "MetricName": OBJECTIVE},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel},
            "ParameterRanges": RANGES,
            "TrainingJobEarlyStoppingType": "Auto",
            "RandomSeed": 17,
        },
        "TrainingJobDefinition": definition,
    }


def tune(world: World, asked: Any) -> dict[str, Any]:
    world.client("sagemaker").create_hyper_parameter_tuning_job(**asked)
    return ended(world, asked["HyperParameterTuningJobName"])


def ended(world: World, name: str) -> dict[str, Any]:
    def over() -> Any:
        found = world.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return found if found["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping") else None

    return dict(until(over, 40))


def trials(world: World, name: str, **asked: Any) -> list[dict[str, Any]]:
    pages = world.client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    found = pages.paginate(HyperParameterTuningJobName=name, **asked)
    return [each for page in found for each in page["TrainingJobSummaries"]]


def value(trial: dict[str, Any]) -> float:
    return float(trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


@pytest.mark.parametrize("direction", ["Minimize", "Maximize"])
def test_the_best_trial_is_the_one_whose_log_tells_the_best_objective(world: World, direction: str) -> None:
    job = tune(world, request(world, jobs=4, parallel=2, direction=direction))

    every = trials(world, job["HyperParameterTuningJobName"])
    choose = min if direction == "Minimize" else max
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["BestTrainingJob"]["TrainingJobName"] == choose(every, key=value)["TrainingJobName"]
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == OBJECTIVE
    assert len({value(each) for each in every}) == 4
    for each in every:
        told = each["TunedHyperParameters"]
        assert 2 <= int(told["depth"]) <= 6
        assert 0.01 <= float(told["eta"]) <= 0.5
        expected = (int(told["depth"]) - 4) ** 2 + abs(float(told["eta"]) - 0.1) + len(told["kind"]) / 1e6
        assert value(each) == pytest.approx(expected, abs=1e-6)


def test_a_trial_is_a_training_job_named_after_its_tuning_job_and_leaves_its_model(world: World) -> None:
    job = tune(world, request(world, jobs=2))

    name = job["BestTrainingJob"]["TrainingJobName"]
    best = world.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert name.rsplit("-", 2)[0] == job["HyperParameterTuningJobName"]
    assert sorted(
        each["TrainingJobName"].split("-")[-2] for each in trials(world, job["HyperParameterTuningJobName"])
    ) == [
        "001",
        "002",
    ]
    assert best["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert best["HyperParameters"] == {
        "_tuning_objective_metric": OBJECTIVE,
        "do": "measure",
        **job["BestTrainingJob"]["TunedHyperParameters"],
    }
    assert best["FinalMetricDataList"][0]["Value"] == pytest.approx(value(job["BestTrainingJob"]))
    assert best["ModelArtifacts"]["S3ModelArtifacts"] == world.uri(f"models/{name}/output/model.tar.gz")
    assert world.get(best["ModelArtifacts"]["S3ModelArtifacts"])


def test_the_same_seed_searches_in_the_same_way(world: World) -> None:
    one, other = (tune(world, request(world, jobs=3)) for _ in range(2))
    told = [
        [each["TunedHyperParameters"] for each in trials(world, job["HyperParameterTuningJobName"])]
        for job in (one, other)
    ]
    assert told[0] == told[1]


def test_no_more_trials_run_at_a_time_than_asked(world: World) -> None:
    job = tune(world, request(world, jobs=4, parallel=2, seconds="0.5"))

    moments: list[tuple[datetime, int]] = []
    for each in trials(world, job["HyperParameterTuningJobName"]):
        moments += [(each["CreationTime"], 1), (each["TrainingEndTime"], -1)]
    running, most = 0, 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    assert most == 2


def test_trials_that_fail_are_counted_and_the_others_go_on(world: World) -> None:
    asked = request(world, jobs=5)
    ranges = {"CategoricalParameterRanges": [{"Name": "depth", "Values": ["7", "4"]}]}
    asked["HyperParameterTuningJobConfig"]["ParameterRanges"] = ranges
    asked["TrainingJobDefinition"]["StaticHyperParameters"] |= {"eta": "0.1", "kind": "a"}
    job = tune(world, asked)

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    status, objective = job["TrainingJobStatusCounters"], job["ObjectiveStatusCounters"]
    assert status["NonRetryableError"] == objective["Failed"] > 0
    assert status["Completed"] == objective["Succeeded"] > 0
    assert status["Completed"] + status["NonRetryableError"] == 5
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"depth": "4"}
    failed = trials(world, job["HyperParameterTuningJobName"], StatusEquals="Failed")
    assert len(failed) == status["NonRetryableError"]
    assert {each["FailureReason"] for each in failed} == {"AlgorithmError: a depth of 7 is too much, exit code: 1"}


def test_when_every_trial_fails_the_job_fails_and_says_so(world: World) -> None:
    job = tune(world, request(world, jobs=2, do="fail"))

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")
    assert "BestTrainingJob" not in job


def test_trials_whose_log_lacks_the_objective_are_no_success(world: World) -> None:
    job = tune(world, request(world, jobs=2, do="learn"))

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 0, "Failed": 2}


def test_stopping_it_stops_its_trials_and_starts_no_more(world: World) -> None:
    asked = request(world, jobs=4, parallel=2, seconds="30")
    name = asked["HyperParameterTuningJobName"]
    world.client("sagemaker").create_hyper_parameter_tuning_job(**asked)
    until(lambda: len(trials(world, name)) == 2)
    world.client("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    job = ended(world, name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == len(trials(world, name)) == 2


def test_when_its_time_is_over_the_best_trial_so_far_is_the_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = time.monotonic()

    def clock() -> float:
        """SageMaker takes no limit below two minutes, which pass here within three seconds."""
        return 0 if time.monotonic() < begin + 3 else 121

    asked = request(world, jobs=50, parallel=2, seconds="0.2")
    asked["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxRuntimeInSeconds"] = 120
    monkeypatch.setattr(tuning, "time", SimpleNamespace(monotonic=clock))
    job = tune(world, asked)

    status = job["TrainingJobStatusCounters"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert 0 < status["Completed"] < 50
    assert status["InProgress"] == 0
    assert job["BestTrainingJob"]["TrainingJobStatus"] == "Completed"


def test_a_state_machine_waits_for_it_and_finds_the_best_model(world: World) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
        "Parameters": request(world, jobs=2),
        "ResultSelector": {
            "model_uri.$": "States.Format('{}/{}/output/model.tar.gz', "
            "$.TrainingJobDefinition.OutputDataConfig.S3OutputPath, $.BestTrainingJob.TrainingJobName)"
        },
        "End": True,
    }
    assert world.get(output(world.run({"Tune": state}))["model_uri"])


def test_a_state_machine_is_told_why_it_failed(world: World) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
        "Parameters": request(world, jobs=1, do="fail"),
        "End": True,
    }
    execution = world.run({"Tune": state})

    cause = json.loads(execution["cause"])
    assert execution["error"] == "States.TaskFailed"
    assert cause["HyperParameterTuningJobName"] == state["Parameters"]["HyperParameterTuningJobName"]
    assert cause["FailureReason"].startswith("All training jobs failed.")


def test_an_aborted_execution_stops_the_tuning_and_its_trials(world: World) -> None:
    asked = request(world, jobs=2, seconds="30")
    resource = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync"
    machine = world.machine({"Tune": {"Type": "Task", "Resource": resource, "Parameters": asked, "End": True}})
    execution = world.start(machine)
    name = asked["HyperParameterTuningJobName"]
    until(lambda: [each for each in listed(world, name) if trials(world, name)])
    world.client("stepfunctions").stop_execution(executionArn=execution)

    assert ended(world, name)["HyperParameterTuningJobStatus"] == "Stopped"
    assert [each["TrainingJobStatus"] for each in trials(world, name)] == ["Stopped"]


def listed(world: World, name: str) -> list[dict[str, Any]]:
    found = world.client("sagemaker").list_hyper_parameter_tuning_jobs(NameContains=name)
    return list(found["HyperParameterTuningJobSummaries"])


def test_the_list_of_tuning_jobs_tells_how_each_went(world: World) -> None:
    job = tune(world, request(world, jobs=1))

    (found,) = listed(world, job["HyperParameterTuningJobName"])
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert (found["Strategy"], found["ResourceLimits"]["MaxNumberOfTrainingJobs"]) == ("Bayesian", 1)
    assert found["TrainingJobStatusCounters"]["Completed"] == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 33, "length less than or equal to 32"),
        ("under_score", "regular expression"),
    ],
)
def test_a_name_that_sagemaker_refuses_is_refused(world: World, name: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        tune(world, request(world) | {"HyperParameterTuningJobName": name})


def test_what_is_both_static_and_tuned_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="depth is both static and tuned"):
        tune(world, request(world, depth="3"))


def test_an_objective_that_no_metric_defines_is_refused(world: World) -> None:
    asked = request(world)
    asked["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"][0]["Name"] = "other"
    with pytest.raises(ClientError, match="is none of the MetricDefinitions"):
        tune(world, asked)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Strategy": "Grid"}, "Strategy Bayesian or Random, not Grid"),
        ({"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}}, "must not be above"),
        ({"ParameterRanges": {}}, "At least one hyperparameter"),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "depth", "MinValue": "5", "MaxValue": "2"}]}},
            "must be below its MaxValue",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(world: World, change: dict[str, Any], message: str) -> None:
    asked = request(world)
    asked["HyperParameterTuningJobConfig"] |= change
    with pytest.raises(ClientError, match=message):
        tune(world, asked)
