"""What the workflow itself may do: invoke its functions, run its jobs, read the data summary."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.components.function import OwnLambda

# Step Functions' own rules for `.sync`: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
_MANAGED_RULES = (
    "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "StepFunctionsGetEventsForSageMakerTuningJobsRule",
)
# The training jobs of a tuning job are SageMaker's own: who creates the one needs no permission for the others.
_JOBS = {
    "hyper-parameter-tuning-job": "HyperParameterTuningJob",
    "processing-job": "ProcessingJob",
    "training-job": "TrainingJob",
    "transform-job": "TransformJob",
}


_BY_COLON = ArnFormat.COLON_RESOURCE_NAME


def retrain_statements(
    scope: Construct, bucket: s3.IBucket, job_role: iam.IRole, functions: Sequence[OwnLambda]
) -> list[iam.PolicyStatement]:
    """The state machine's statements; CDK derives none from a definition read from a file."""
    stack = Stack.of(scope)

    def arn(service: str, resource: str) -> str:
        return f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"

    jobs = [
        iam.PolicyStatement(
            actions=[f"sagemaker:Create{job}", f"sagemaker:Describe{job}", f"sagemaker:Stop{job}", "sagemaker:AddTags"],
            resources=[arn("sagemaker", f"{kind}/*")],
        )
        for kind, job in _JOBS.items()
    ]
    pass_role = iam.PolicyStatement(actions=["iam:PassRole"], resources=[job_role.role_arn])
    pass_role.add_condition("StringEquals", {"iam:PassedToService": "sagemaker.amazonaws.com"})
    return [
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[f.function.function_arn for f in functions]),
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects("runs/*")]),
        *jobs,
        iam.PolicyStatement(actions=["sagemaker:CreateModel"], resources=[arn("sagemaker", "model/*")]),
        iam.PolicyStatement(
            actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            resources=[arn("events", f"rule/{rule}") for rule in _MANAGED_RULES],
        ),
        pass_role,
    ]


def may_map(machine: sfn.StateMachine) -> None:
    """Let a Distributed Map start, watch and stop the executions of its items, which are the machine's own.

    In a policy of its own: the machine waits for its role's default policy, which therefore cannot name the machine.
    """
    stack = Stack.of(machine)
    executions = [
        stack.format_arn(service="states", resource="execution", resource_name=f"{name}:*", arn_format=_BY_COLON)
        for name in (machine.state_machine_name, f"{machine.state_machine_name}/LoadEachPart")
    ]
    iam.Policy(
        machine,
        "MapPolicy",
        roles=[machine.role],
        statements=[
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
            iam.PolicyStatement(actions=["states:DescribeExecution", "states:StopExecution"], resources=executions),
        ],
    )
