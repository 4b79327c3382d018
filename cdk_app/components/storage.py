"""The data bucket and the tables."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from evergreen.layout import CHECKPOINTS


class Storage(Construct):
    """What must never be lost: retained when the stack is deleted."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Data",
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(90),
                ),
                s3.LifecycleRule(  # of use to another attempt of the same run only
                    prefix=CHECKPOINTS,
                    expiration=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(1),
                ),
            ],
        )
        # The L2's event_bridge_enabled brings a custom-resource Lambda; the property itself needs none.
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        self.registry = self._table("Registry")
        self.predictions = self._table("Predictions")
        self.segments = self._table("Segments")

    def _table(self, name: str) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
