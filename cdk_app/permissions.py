"""The few kinds of permission our functions need, each with the actions it names and nothing more."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from evergreen.request_metrics import COUNTS
from evergreen.requests import DETAIL_TYPE, SOURCE


def read_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Read current objects under these prefixes."""
    return iam.PolicyStatement(actions=["s3:GetObject"], resources=_objects(bucket, prefixes))


def write_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Write objects under these prefixes."""
    return iam.PolicyStatement(
        actions=["s3:PutObject", "s3:AbortMultipartUpload"], resources=_objects(bucket, prefixes)
    )


def freeze_objects(bucket: s3.IBucket, source: str, target: str) -> list[iam.PolicyStatement]:
    """Copy object versions, with their tags, from one prefix to another."""
    return [
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"],
            resources=_objects(bucket, (source,)),
        ),
        iam.PolicyStatement(
            actions=["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"],
            resources=_objects(bucket, (target,)),
        ),
        list_objects(bucket),
    ]


def list_objects(bucket: s3.IBucket) -> iam.PolicyStatement:
    """List keys; without it S3 answers 403 instead of 404 for what is not there."""
    return iam.PolicyStatement(actions=["s3:ListBucket", "s3:ListBucketVersions"], resources=[bucket.bucket_arn])


def read_table(table: dynamodb.ITable, *actions: str) -> iam.PolicyStatement:
    """Read items by key, and by further actions that are named."""
    return iam.PolicyStatement(
        actions=["dynamodb:GetItem", *(f"dynamodb:{action}" for action in actions)], resources=[table.table_arn]
    )


def count_in_table(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Add to counts, which have a partition of their own, and change no other item."""
    statement = iam.PolicyStatement(actions=["dynamodb:UpdateItem"], resources=[table.table_arn])
    statement.add_condition("ForAllValues:StringEquals", {"dynamodb:LeadingKeys": [COUNTS]})
    return statement


def note_table(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Read items by key and by query, and note facts on those there are; never put, scan or delete."""
    return iam.PolicyStatement(
        actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources=[table.table_arn]
    )


def change_table(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Read items and change them under conditions; never delete."""
    return iam.PolicyStatement(
        actions=[
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
        resources=[table.table_arn],
    )


def load_table(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Write items in batches."""
    return iam.PolicyStatement(actions=["dynamodb:BatchWriteItem"], resources=[table.table_arn])


def describe_runs(machine: sfn.StateMachine) -> iam.PolicyStatement:
    """See whether the executions of one state machine are over."""
    executions = Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions])


def request_runs(scope: Construct) -> iam.PolicyStatement:
    """Ask for runs by an event on the account's default bus, and send no other event."""
    stack = Stack.of(scope)
    bus = stack.format_arn(service="events", resource="event-bus", resource_name="default")
    statement = iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus])
    statement.add_condition("StringEquals", {"events:source": SOURCE, "events:detail-type": DETAIL_TYPE})
    return statement


def _objects(bucket: s3.IBucket, prefixes: tuple[str, ...]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
