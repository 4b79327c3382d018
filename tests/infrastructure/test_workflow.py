"""The shape of `retrain`: it always ends, and however it fails somebody is told."""

import re
from typing import Any

import pytest

from evergreen.gate import Gate
from functions.load_predictions.request import Request as LoadPart
from functions.pin_inputs.training import MOST_SECONDS as MOST_SECONDS_OF_A_JOB
from functions.pin_inputs.training import MOST_SECONDS_WITH_WAITING
from functions.pin_inputs.tuning import MOST_SECONDS
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Template
from tests.infrastructure.workflow import Workflow, strings

OF_THE_IMAGE = {
    "collect_samples": "collect_samples.handler",
    "log_scores": "log_scores.handler",
    "prepare_small_data": "small_data",
}
# What is not done now is done later, and no run fails for it.
GOES_ON = ("RegisterChallenger", "LogScores", "UpdateSegments", "RemoveSuperseded", "UpdateEndpoint", "TrackRun")
ENDS = {"RunCompleted", "DataRejected", "RunFailed"}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def longest(state: dict[str, Any]) -> int:
    """The most seconds that a task may take: its own, or what a contract may say at most."""
    if state.get("TimeoutSecondsPath") == "$.run.value.approval_seconds":
        hours = Gate.model_json_schema()["properties"]["approval_hours"]["maximum"]
        return int(hours) * 3600
    return int(state["TimeoutSeconds"])


def behind(template: Template, name: str) -> tuple[str, dict[str, Any]]:
    """The function that a state invokes."""
    if snake(name) in OF_THE_IMAGE:
        return template.image_function(OF_THE_IMAGE[snake(name)])
    return template.function(snake(name))


def test_every_state_can_be_reached(each_workflow: Workflow) -> None:
    for workflow in (each_workflow, *each_workflow.within):
        assert workflow.reachable(workflow.definition["StartAt"]) == set(workflow.states)


def test_every_state_leads_to_an_end(workflow: Workflow) -> None:
    ends = {name for name, state in workflow.states.items() if state["Type"] in ("Succeed", "Fail")}
    assert ends == ENDS
    for name in workflow.states:
        assert workflow.reachable(name) & ends, name


def test_each_workflow_is_written_in_jsonpath(each_workflow: Workflow) -> None:
    assert each_workflow.definition.get("QueryLanguage", "JSONPath") == "JSONPath"
    assert not [text for text in strings(each_workflow.definition) if text.startswith("{%")]


def test_every_task_ends_in_time_and_is_tried_again_patiently(each_workflow: Workflow) -> None:
    for workflow in (each_workflow, *each_workflow.within):
        for name, state in workflow.tasks.items():
            assert 0 < longest(state) < each_workflow.definition["TimeoutSeconds"], name
            assert state["Retry"], name
            for retry in state["Retry"]:
                assert retry["MaxAttempts"] >= 3, name
                assert retry["BackoffRate"] > 1, name
                assert retry["JitterStrategy"] == "FULL", name
                assert not {"States.ALL", "States.TaskFailed", "States.Timeout"} & set(retry["ErrorEquals"]), name


def test_every_task_but_the_last_hands_its_errors_to_fail_run(workflow: Workflow) -> None:
    goes_on = {name: workflow.states[name]["Next"] for name in GOES_ON}
    for name, state in {**workflow.tasks, **workflow.maps}.items():
        if name != "FailRun":
            last = state["Catch"][-1]
            then = goes_on.get(name, "FailRun")
            assert (last["ErrorEquals"], last["Next"], last["ResultPath"]) == (["States.ALL"], then, "$.error"), name
            assert all(catch["ResultPath"] == "$.error" for catch in state["Catch"]), name
            assert {"FailRun"} <= workflow.reachable(name), name


def test_every_run_that_was_judged_is_registered_and_tracked_whichever_way_it_goes(workflow: Workflow) -> None:
    assert workflow.following("DecidePromotion") == {"RegisterChallenger", "FailRun"}
    before_the_end = {name for name in workflow.states if "CompleteRun" in workflow.following(name)}
    assert before_the_end == {"TrackRun"}
    assert "TrackRun" in workflow.following("CanChampionScore")
    assert workflow.following("RemoveSuperseded") == {"ChooseEndpoint"}
    assert workflow.following("UpdateEndpoint") == {"TrackRun"}
    assert workflow.following("UpdateSegments") == {"RemoveSuperseded"}


def test_every_published_generation_reaches_the_crm(workflow: Workflow) -> None:
    assert workflow.following("PublishPredictions") == {"ChooseLogging", "FailRun"}
    assert workflow.following("ChooseLogging") == {"LogScores", "UpdateSegments"}
    assert workflow.following("LogScores") == {"UpdateSegments"}


def test_only_a_data_set_with_an_endpoint_waits_for_one_and_no_other_state_may_wait_so_long(workflow: Workflow) -> None:
    (yes,) = workflow.states["ChooseEndpoint"]["Choices"]
    said = "$.run.value.endpoint"
    assert yes["And"] == [{"Variable": said, "IsPresent": True}, {"Variable": said, "BooleanEquals": True}]
    assert (yes["Next"], workflow.states["ChooseEndpoint"]["Default"]) == ("UpdateEndpoint", "TrackRun")
    waiting = {name for name, state in workflow.tasks.items() if "EndpointUpdating" in str(state["Retry"])}
    assert waiting == {"UpdateEndpoint"}
    assert workflow.states["UpdateEndpoint"]["Parameters"]["Payload"]["fence.$"] == "$$.Execution.Input.fence"


def test_a_failed_run_is_a_failed_execution(workflow: Workflow) -> None:
    assert workflow.states["FailRun"]["Next"] == "RunFailed"
    assert workflow.states["RunFailed"]["Type"] == "Fail"


def test_no_task_may_outlast_the_workflow_and_no_workflow_its_lease(workflow: Workflow, template: Template) -> None:
    whole = workflow.definition["TimeoutSeconds"]
    for name, state in workflow.tasks.items():
        assert longest(state) < whole, name
    _, dispatch = template.function("dispatch")
    assert float(dispatch["Environment"]["Variables"]["LEASE_HOURS"]) * 3600 > whole


def test_a_state_waits_for_its_function_as_long_as_the_function_may_run(workflow: Workflow, template: Template) -> None:
    for name, state in workflow.functions.items():
        _, function = behind(template, name)
        assert longest(state) >= function["Timeout"], name


def test_a_job_is_stopped_by_sagemaker_before_its_state_gives_up(workflow: Workflow) -> None:
    for name, state in workflow.jobs.items():
        if "StoppingCondition" in state["Parameters"]:
            assert state["Parameters"]["StoppingCondition"]["MaxRuntimeInSeconds"] < state["TimeoutSeconds"], name
    training = workflow.states["TrainChallenger"]
    assert training["Parameters"]["StoppingCondition.$"] == "$.run.value.training.stopping"
    assert MOST_SECONDS_OF_A_JOB <= MOST_SECONDS_WITH_WAITING < training["TimeoutSeconds"]


def test_a_search_ends_before_its_state_gives_up(workflow: Workflow) -> None:
    state = workflow.states["TuneChallenger"]
    assert state["TimeoutSeconds"] > MOST_SECONDS, "or Step Functions would end it without a model"
    assert MOST_SECONDS_WITH_WAITING <= MOST_SECONDS


def test_whether_tuned_or_not_the_challenger_is_trained_on_the_same_channel(workflow: Workflow) -> None:
    plain = workflow.states["TrainChallenger"]["Parameters"]
    trial = workflow.states["TuneChallenger"]["Parameters"]["TrainingJobDefinition"]
    kept = ("RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "CheckpointConfig")
    kept += ("StoppingCondition.$", "EnableManagedSpotTraining.$")
    assert {name: trial[name] for name in kept} == {name: plain[name] for name in kept}
    assert trial["EnableNetworkIsolation"] is plain["EnableNetworkIsolation"] is True
    assert trial["StaticHyperParameters.$"] == plain["HyperParameters.$"]
    assert not [each for each in strings(trial) if "holdout" in each], "validation rows choose, the hold-out never does"


def test_every_job_that_aws_failed_is_tried_again_under_its_own_name(workflow: Workflow) -> None:
    again = {choice["StringEquals"]: choice["Next"] for choice in workflow.states["RetryJob"]["Choices"]}
    assert again == {name: name for name in again}
    failed = {
        catch["Assign"]["failed_job"]: name
        for name, state in workflow.tasks.items()
        for catch in state.get("Catch", [])
        if "Assign" in catch
    }
    assert failed == again
    assert set(again) == {name for name, state in workflow.jobs.items() if state["Resource"].endswith(".sync")}


def test_variables_are_set_before_any_state_reads_them(workflow: Workflow) -> None:
    first = workflow.states[workflow.definition["StartAt"]]
    assert first["Assign"] == {"job_attempt": 0}
    read = {name for text in strings(workflow.definition) for name in re.findall(r"(?<!\$)\$([a-z_]\w*)", text)}
    assert read == {"job_attempt", "failed_job"}


def test_every_name_to_substitute_is_substituted_and_every_substitution_is_used(
    workflow: Workflow, substitutions: dict[str, object]
) -> None:
    written = {name for text in strings(workflow.definition) for name in re.findall(r"\$\{(\w+)\}", text)}
    assert written == set(substitutions)


def test_each_function_state_invokes_the_function_of_its_own_name(
    workflow: Workflow, substitutions: dict[str, dict[str, list[str]]], template: Template
) -> None:
    functions = workflow.every_function
    for name, state in functions.items():
        assert state["Parameters"]["FunctionName"] == f"${{{name}}}"
        function, _ = behind(template, name)
        assert substitutions[name] == {"Fn::GetAtt": [function, "Arn"]}
    beside = {"api", "deliver_segments", "dispatch", "summarize_runs", "watch_yield"}
    every = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")} - beside
    assert {snake(name) for name in functions} == every | set(OF_THE_IMAGE)


def test_a_state_holds_no_rows_so_it_fits_in_256_kilobytes(workflow: Workflow) -> None:
    for name, state in workflow.jobs.items():
        assert state["ResultPath"] is None or "ResultSelector" in state, f"{name} keeps a whole job description"


@pytest.mark.parametrize("state", ["IsDataUsable", "ChooseTraining", "CanChampionScore", "ChooseLogging"])
def test_a_choice_without_a_clear_yes_takes_the_harmless_way(workflow: Workflow, state: str) -> None:
    harmless = {
        "ChooseTraining": "TrainChallenger",
        "IsDataUsable": "RejectData",
        "CanChampionScore": "TrackRun",
        "ChooseLogging": "UpdateSegments",
    }
    assert workflow.states[state]["Default"] == harmless[state]
    (yes,) = workflow.states[state]["Choices"]
    assert yes["BooleanEquals"] is True


def test_a_winning_challenger_waits_for_a_person_unless_its_contract_asks_for_none(workflow: Workflow) -> None:
    better = workflow.states["IsChallengerBetter"]
    unasked, asked = better["Choices"]
    won = {"Variable": "$.verdict.value.promote", "BooleanEquals": True}
    assert unasked["And"] == [won, {"Variable": "$.run.value.approval", "StringEquals": "none"}]
    assert unasked["Next"] == "PromoteChallenger"
    assert asked == {**won, "Next": "AwaitApproval"}
    assert better["Default"] == "KeepChampion"


def test_only_a_clear_yes_promotes_and_silence_keeps_the_champion(workflow: Workflow) -> None:
    wait, approved = workflow.states["AwaitApproval"], workflow.states["IsApproved"]
    assert wait["Resource"].endswith(":lambda:invoke.waitForTaskToken")
    assert wait["Parameters"]["Payload"]["token.$"] == "$$.Task.Token"
    assert (wait["Catch"][0]["ErrorEquals"], wait["Catch"][0]["Next"]) == (["States.Timeout"], "KeepChampion")
    assert wait["Next"] == "IsApproved"
    (yes,) = approved["Choices"]
    said = "$.approval.value.approved"
    assert yes["And"] == [{"Variable": said, "IsPresent": True}, {"Variable": said, "BooleanEquals": True}]
    assert (yes["Next"], approved["Default"]) == ("PromoteChallenger", "KeepChampion")


def test_nothing_but_a_person_answers_what_waits_for_one(template: Template) -> None:
    machine, _ = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    for action in ("states:SendTaskSuccess", "states:SendTaskFailure"):
        assert not [each for each in template.statements() if each.permits(action, f"${{{machine}}}")], action


def test_parts_are_loaded_some_at_a_time_and_none_may_fail(workflow: Workflow, template: Template) -> None:
    state = workflow.states["LoadEachPart"]
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert 1 < state["MaxConcurrency"] <= 40
    assert state["ToleratedFailureCount"] == 0
    (part,) = (each.states["LoadPredictions"] for each in workflow.within)
    assert longest(part) >= template.function("load_predictions")[1]["Timeout"]
    # A child execution has a context of its own: what it needs must be in its input.
    assert not [text for text in strings(state["ItemProcessor"]) if text.startswith("$$.") or "$job" in text]
    asked = {name.removesuffix(".$") for name in state["ItemSelector"]}
    assert asked == set(LoadPart.model_fields)
