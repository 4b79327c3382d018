import pytest

from tests.infrastructure.template import Statement, Template, role_of

NAMES_NO_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "X-Ray has no resources to name",
    "xray:GetSamplingRules": "X-Ray has no resources to name",
    "xray:GetSamplingTargets": "X-Ray has no resources to name",
    "logs:CreateLogDelivery": "vended logs: the service authorises the delivery, not a log group",
    "logs:GetLogDelivery": "vended logs: the service authorises the delivery, not a log group",
    "logs:UpdateLogDelivery": "vended logs: the service authorises the delivery, not a log group",
    "logs:DeleteLogDelivery": "vended logs: the service authorises the delivery, not a log group",
    "logs:ListLogDeliveries": "vended logs: the service authorises the delivery, not a log group",
    "logs:PutResourcePolicy": "vended logs: the policy belongs to the account",
    "logs:DescribeResourcePolicies": "vended logs: the policy belongs to the account",
    "logs:DescribeLogGroups": "vended logs: lists the account's log groups",
    "cloudwatch:PutMetricData": "metrics have no ARN; the namespace is a condition",
    "ecr:GetAuthorizationToken": "the token is the account's",
}


@pytest.fixture(scope="session")
def allowed(template: Template) -> list[Statement]:
    """Every Allow, but for the one by which the account itself administers its key."""
    found = [each for each in template.statements() if each.allows]
    administers = [each for each in found if each.actions == ["kms:*"] and ":root" in str(each.said["Principal"])]
    assert len(administers) == len(template.of("AWS::KMS::Key"))
    return [each for each in found if each not in administers]


def test_no_statement_allows_a_wildcard_of_actions(allowed: list[Statement]) -> None:
    assert [(each.policy, action) for each in allowed for action in each.actions if "*" in action] == []


def test_no_statement_allows_by_what_it_leaves_out(template: Template) -> None:
    left_out = {"NotAction", "NotResource", "NotPrincipal"}
    assert [each.policy for each in template.statements() if left_out & set(each.said)] == []


def test_every_resource_is_named_where_a_resource_can_be_named(template: Template, allowed: list[Statement]) -> None:
    keys = set(template.of("AWS::KMS::Key"))  # in a key's own policy, "*" is that key
    anywhere = {
        action for each in allowed if "*" in each.resources and each.policy not in keys for action in each.actions
    }
    assert anywhere == set(NAMES_NO_RESOURCE)


def test_metrics_of_jobs_go_to_sagemakers_namespace_only(allowed: list[Statement]) -> None:
    (metrics,) = (each for each in allowed if "cloudwatch:PutMetricData" in each.actions)
    assert metrics.conditions == {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*"]}}


def test_the_workflow_and_who_makes_endpoints_pass_the_jobs_role_and_dispatch_its_timers_role_and_nobody_any_other(
    template: Template, allowed: list[Statement]
) -> None:
    job_role, _ = template.named("AWS::IAM::Role", "JobRole")
    timers_role, _ = template.named("AWS::IAM::Role", "Schedules")
    _, machine = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    _, dispatch = template.function("dispatch")
    passing = [each for each in allowed if "iam:PassRole" in each.actions]
    _, mover = template.function("update_endpoint")
    expected = [
        (job_role, "sagemaker.amazonaws.com", role_of(machine, "RoleArn")),
        (job_role, "sagemaker.amazonaws.com", role_of(mover)),
        (timers_role, "scheduler.amazonaws.com", role_of(dispatch)),
    ]
    assert len(passing) == len(expected)
    for role, service, holder in expected:
        (one,) = (each for each in template.statements_of(holder) if "iam:PassRole" in each.actions)
        assert (one.resources, one.actions) == ([f"${{{role}.Arn}}"], ["iam:PassRole"])
        assert one.conditions == {"StringEquals": {"iam:PassedToService": service}}


def test_nobody_may_delete_data(allowed: list[Statement]) -> None:
    deletes = {action for each in allowed for action in each.actions if action.split(":")[1].startswith("Delete")}
    endpoints = {
        f"sagemaker:Delete{what}" for what in ("Endpoint", "EndpointConfig", "Model")
    }  # all made again from S3
    assert deletes == {"sqs:DeleteMessage", "logs:DeleteLogDelivery", *endpoints}


def test_nobody_but_who_loads_or_removes_predictions_writes_them(template: Template, allowed: list[Statement]) -> None:
    table, _ = template.named("AWS::DynamoDB::Table", "Predictions")
    reads = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
    writers = [each for each in allowed if f"${{{table}.Arn}}" in each.resources and set(each.actions) - reads]
    functions = [template.function(name)[1] for name in ("load_predictions", "remove_superseded")]
    theirs = [each for function in functions for each in template.statements_of(role_of(function))]
    assert sorted(writers, key=str) == sorted((each for each in theirs if each in writers), key=str)
    assert {action for each in writers for action in each.actions} == {"dynamodb:BatchWriteItem"}


def test_the_workflow_may_start_itself_for_each_part_and_nothing_else(template: Template) -> None:
    machine, properties = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    mapping = [
        each
        for each in template.statements_of(role_of(properties, "RoleArn"))
        if any(action.startswith("states:") for action in each.actions)
    ]
    asked = {action: each.resources for each in mapping for action in each.actions}
    assert asked["states:StartExecution"] == [f"${{{machine}}}"]
    assert asked.keys() == {"states:StartExecution", "states:DescribeExecution", "states:StopExecution"}
    name = f"${{{machine}.Name}}"
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert [each.split(":execution:")[1] for each in asked[action]] == [f"{name}:*", f"{name}/LoadEachPart:*"]


def test_each_role_is_for_one_service_of_aws_and_brings_no_managed_policy(template: Template) -> None:
    for name, role in template.of("AWS::IAM::Role").items():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert list(trust["Principal"]) == ["Service"], name
        assert isinstance(trust["Principal"]["Service"], str), name
        assert "ManagedPolicyArns" not in role, name


def test_no_policy_lets_another_account_or_the_world_in(template: Template) -> None:
    for each in template.statements():
        principal = each.said.get("Principal", {})
        if each.allows and principal:
            assert principal == {"Service": principal.get("Service")} or ":root" in str(principal), each.policy
