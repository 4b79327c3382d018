"""The `retrain_many` workflow: a request for each data set, and one summary."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.components.function import Function, OwnLambda
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.retrain import Retrain
from cdk_app.components.workflow import workflow
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
        substitutions = {
            "StateMachineArn": retrain.machine.state_machine_arn,
            "SummarizeRuns": summarize.function.function_arn,
        }
        # What its states are given holds task tokens.
        self.machine = workflow(self, root, "retrain_many", substitutions, logs_data=False)
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[summarize.function.function_arn])
        for statement in (invoke, request_runs(self)):
            self.machine.add_to_role_policy(statement)
