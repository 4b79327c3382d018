"""One Lambda function: its code, environment, permissions, log group and error alarm in one block."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.bundling import bundled
from evergreen.contracts import Contracts
from evergreen.environment import Environment

# The public layer of Powertools for AWS Lambda (Python) v3; it brings pydantic too.
_POWERTOOLS = "arn:{partition}:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"


class Function(Construct):
    """`functions/<folder>/handler.py` with exactly the statements given, and nothing a CDK grant would add."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        root: Path,
        *,
        contracts: Contracts,
        settings: Environment,
        statements: Sequence[iam.PolicyStatement],
        timeout: Duration | None = None,
        memory_mb: int = 512,
    ) -> None:
        super().__init__(scope, name)
        folder = _snake(name)
        stack = Stack.of(self)
        self.logs = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=f"Evergreen's {name}"
        )
        with bundled(root, folder, contracts) as files:  # CDK takes its copy here
            self.function = lambda_.Function(
                self,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_13,
                architecture=lambda_.Architecture.ARM_64,
                handler=f"functions.{folder}.handler.handler",
                code=lambda_.Code.from_asset(files),
                layers=[
                    lambda_.LayerVersion.from_layer_version_arn(
                        self, "Powertools", _POWERTOOLS.format(partition=stack.partition, region=stack.region)
                    )
                ],
                environment={
                    **{key: str(value) for key, value in settings.model_dump().items()},
                    "POWERTOOLS_SERVICE_NAME": name,
                    "AWS_RETRY_MODE": "standard",
                    "AWS_MAX_ATTEMPTS": "5",
                },
                role=self.role,
                log_group=self.logs,
                tracing=lambda_.Tracing.ACTIVE,
                timeout=timeout or Duration.seconds(60),
                memory_size=memory_mb,
            )
        write_logs = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.logs.log_group_arn]
        )
        for statement in [write_logs, *statements]:
            self.role.add_to_policy(statement)

    def errors(self) -> cloudwatch.Metric:
        """How often the function failed."""
        return self.function.metric_errors(period=Duration.minutes(5))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
