"""What SageMaker jobs may do, and where models are registered."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_app.components.image import ContainerImage
from evergreen.contracts import Contracts
from evergreen.layout import CHECKPOINTS
from evergreen.lineage import model_group


class SageMaker(Construct):
    """The jobs' role, and a model package group for each data set."""

    def __init__(
        self, scope: Construct, name: str, *, bucket: s3.IBucket, image: ContainerImage, contracts: Contracts
    ) -> None:
        super().__init__(scope, name)
        self.role = iam.Role(
            self,
            "JobRole",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Evergreen's SageMaker jobs: their own files, logs, metrics and image",
        )
        for statement in self._statements(bucket, image):
            self.role.add_to_policy(statement)
        self.group_prefix = Stack.of(self).stack_name
        for dataset in sorted(contracts.ids):
            sagemaker.CfnModelPackageGroup(
                self,
                f"Models-{dataset}",
                model_package_group_name=model_group(self.group_prefix, dataset),
                model_package_group_description=contracts[dataset].contract.description or dataset,
            )

    def packages(self, *actions: str) -> iam.PolicyStatement:
        """These actions on the versions of this stack's groups, in whose ARNs SageMaker writes small letters."""
        stack = Stack.of(self)
        arn = f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}"
        names = sorted({self.group_prefix, self.group_prefix.lower()})
        return iam.PolicyStatement(
            actions=[f"sagemaker:{action}" for action in actions],
            resources=[f"{arn}:{kind}/{name}-*" for kind in ("model-package-group", "model-package") for name in names],
        )

    def training_jobs(self, *actions: str) -> iam.PolicyStatement:
        """These actions on training jobs."""
        stack = Stack.of(self)
        arn = f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:training-job/*"
        return iam.PolicyStatement(actions=[f"sagemaker:{action}" for action in actions], resources=[arn])

    def _statements(self, bucket: s3.IBucket, image: ContainerImage) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        logs = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:/aws/sagemaker/*"
        read = ["runs/*", "accepted/*", f"{CHECKPOINTS}*"]
        write = ["runs/*", "accepted/*", "quarantine/*", f"{CHECKPOINTS}*"]
        metrics = iam.PolicyStatement(actions=["cloudwatch:PutMetricData"], resources=["*"])
        metrics.add_condition("StringLike", {"cloudwatch:namespace": ["/aws/sagemaker/*"]})
        return [
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects(each) for each in read]),
            iam.PolicyStatement(
                actions=["s3:PutObject", "s3:AbortMultipartUpload"],
                resources=[bucket.arn_for_objects(each) for each in write],
            ),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=[logs, f"{logs}:log-stream:*"],
            ),
            metrics,
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),  # names no resource
            iam.PolicyStatement(
                actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
                resources=[image.repository.repository_arn],
            ),
        ]
