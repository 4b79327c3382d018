"""The `retrain_many` workflow: a request for each data set, and one summary."""

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.components.function import Function, OwnLambda
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain import Retrain
from cdk_app.permissions import request_runs
from evergreen.contracts import Contracts
from functions.summarize_runs.settings import Settings


class RetrainMany(Construct):
    """It asks as everybody asks, by an event, so it needs no right to start a run."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        root: Path,
        *,
        contracts: Contracts,
        notices: NoticesTopic,
        retrain: Retrain,
    ) -> None:
        super().__init__(scope, name)
        summarize = Function(
            self,
            "SummarizeRuns",
            root,
            contracts=contracts,
            settings=Settings(NOTICES_TOPIC_ARN=notices.topic.topic_arn),
            statements=notices.publishing(),
            timeout=Duration.seconds(60),
        )
        self.functions: dict[str, OwnLambda] = {"SummarizeRuns": summarize}
        self.machine = self._machine(root, retrain, summarize)
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[summarize.function.function_arn])
        for statement in (invoke, request_runs(self)):
            self.machine.add_to_role_policy(statement)

    def _machine(self, root: Path, retrain: Retrain, summarize: Function) -> sfn.StateMachine:
        return sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_file(str(root / "statemachines" / "retrain_many.asl.json")),
            definition_substitutions={
                "StateMachineArn": retrain.machine.state_machine_arn,
                "SummarizeRuns": summarize.function.function_arn,
            },
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Log",
                    log_group_name=f"/aws/vendedlogs/states/{Stack.of(self).stack_name}-retrain-many",
                    retention=logs.RetentionDays.THREE_MONTHS,
                    removal_policy=RemovalPolicy.DESTROY,
                ),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,  # it would hold task tokens
            ),
        )
