import pytest

from evergreen.layout import CHECKPOINTS
from tests.infrastructure.template import Template, text


def test_every_bucket_keeps_versions_encrypts_and_tells_eventbridge(template: Template) -> None:
    _, bucket = template.one("AWS::S3::Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_nothing_in_the_bucket_can_be_public(template: Template) -> None:
    _, bucket = template.one("AWS::S3::Bucket")
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_no_object_expires_but_for_checkpoints_and_versions_that_were_replaced(template: Template) -> None:
    _, bucket = template.one("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    (checkpoints,) = (rule for rule in rules if rule.get("Prefix") == CHECKPOINTS)
    assert 2 <= checkpoints["ExpirationInDays"] <= 30  # longer than any run, waiting for the platform included
    for rule in rules:
        if rule is checkpoints:
            continue
        assert not {"ExpirationInDays", "ExpirationDate", "Transitions"} & set(rule)
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 30


@pytest.mark.parametrize(
    ("kind", "policy", "property_"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_whatever_has_a_policy_refuses_calls_without_tls(
    template: Template, kind: str, policy: str, property_: str
) -> None:
    refusing = set()
    for each in template.of(policy).values():
        for statement in each["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}:
                assert statement["Principal"] in ("*", {"AWS": "*"})
                refusing.add(str(each[property_]))
    assert len(refusing) == len(template.of(kind)) > 0


def test_tables_cost_nothing_idle_and_can_be_taken_back_to_any_moment(template: Template) -> None:
    tables = template.of("AWS::DynamoDB::Table")
    assert {name.removeprefix("Storage")[:-8] for name in tables} == {"Registry", "Predictions", "Segments"}
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert "TimeToLiveSpecification" not in table, "it could remove the generation that readers see"


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"])
def test_what_must_never_be_lost_outlives_the_stack(template: Template, kind: str) -> None:
    found = [each for each in template.resources.values() if each["Type"] == kind]
    assert found
    for each in found:
        assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == "Retain"


def test_names_given_by_hand_carry_the_stacks_name_so_that_two_stacks_can_live_side_by_side(template: Template) -> None:
    given = {
        "AWS::CloudWatch::Alarm": "AlarmName",
        "AWS::CloudWatch::Dashboard": "DashboardName",
        "AWS::DynamoDB::Table": "TableName",
        "AWS::ECR::Repository": "RepositoryName",
        "AWS::Events::Rule": "Name",
        "AWS::IAM::Role": "RoleName",
        "AWS::Lambda::Function": "FunctionName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
        "AWS::SNS::Topic": "TopicName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::StepFunctions::StateMachine": "StateMachineName",
    }
    names = [text(each[key]) for kind, key in given.items() for each in template.of(kind).values() if key in each]
    assert names
    assert [name for name in names if "Evergreen" not in name and "${AWS::StackName}" not in name] == []
