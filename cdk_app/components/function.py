"""One Lambda function: its code, environment, permissions, log group and error metric in one block."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.bundling import bundled
from cdk_app.components.image import ContainerImage
from cdk_app.vendoring import vendored
from evergreen.contracts import Contracts
from evergreen.environment import Environment

_PATIENT = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "5"}
# The public layer of Powertools for AWS Lambda (Python) v3; it brings pydantic too.
_POWERTOOLS = "arn:{partition}:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"


class OwnLambda(Construct):
    """What a function has to itself, however its code comes: a log group, and a role with exactly these statements."""

    function: lambda_.Function

    def __init__(self, scope: Construct, name: str, statements: Sequence[iam.PolicyStatement]) -> None:
        super().__init__(scope, name)
        self.logs = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=f"Evergreen's {name}"
        )
        write_logs = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.logs.log_group_arn]
        )
        for statement in [write_logs, *statements]:
            self.role.add_to_policy(statement)

    def errors(self) -> cloudwatch.Metric:
        """How often the function failed."""
        return self.function.metric_errors(period=Duration.minutes(5))


class Function(OwnLambda):
    """`functions/<folder>/handler.py` with exactly the statements given, and nothing a CDK grant would add.

    `with_packages` puts beside it what its own requirements.txt locks.
    """

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
        with_packages: bool = False,
    ) -> None:
        super().__init__(scope, name, statements)
        folder = _snake(name)
        stack = Stack.of(self)
        # Where CDK skips bundling it would keep pointing at `files`, which are gone by then.
        vendoring = with_packages and stack.bundling_required
        with bundled(root, folder, contracts) as files:  # CDK takes its copy here
            self.function = lambda_.Function(
                self,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_13,
                architecture=lambda_.Architecture.ARM_64,
                handler=f"functions.{folder}.handler.handler",
                code=lambda_.Code.from_asset(files, bundling=vendored(root, folder, files) if vendoring else None),
                layers=[
                    lambda_.LayerVersion.from_layer_version_arn(
                        self, "Powertools", _POWERTOOLS.format(partition=stack.partition, region=stack.region)
                    )
                ],
                environment={
                    **{key: str(value) for key, value in settings.model_dump().items()},
                    "POWERTOOLS_SERVICE_NAME": name,
                    **_PATIENT,
                },
                role=self.role,
                log_group=self.logs,
                tracing=lambda_.Tracing.ACTIVE,
                timeout=timeout or Duration.seconds(60),
                memory_size=memory_mb,
            )


class ImageFunction(OwnLambda):
    """A handler of `container/`, in the very image that the jobs run; half of its memory is DuckDB's."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        image: ContainerImage,
        handler: str,
        statements: Sequence[iam.PolicyStatement],
        timeout: Duration,
        memory_mb: int,
        disk_mb: int,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, name, statements)
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            code=lambda_.DockerImageCode.from_ecr(
                image.repository,
                tag_or_digest=image.tag_or_digest,
                entrypoint=["python", "-m", "awslambdaric"],
                cmd=[handler],
            ),
            architecture=lambda_.Architecture.X86_64,  # the image's
            environment={
                "DUCKDB_MEMORY_LIMIT": f"{memory_mb // 2}MB",
                "INSTANCE_TYPE": f"lambda.{memory_mb}MB",  # for the report's estimate of what a run costs
                **(settings or {}),
                **_PATIENT,
            },
            role=self.role,
            log_group=self.logs,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=timeout,
            memory_size=memory_mb,
            ephemeral_storage_size=Size.mebibytes(disk_mb),
        )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
