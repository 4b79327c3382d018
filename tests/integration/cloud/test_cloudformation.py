import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.integration.cloud.conftest import Deploy, outputs_of

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 10}}


def table(key: str = "pk") -> dict[str, Any]:
    properties = {
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def test_an_unknown_type_is_refused_by_name_and_logical_id(cloud: Cloud) -> None:
    template = json.dumps({"Resources": {"Cluster": {"Type": "AWS::EKS::Cluster"}, "Queue": QUEUE}})
    with pytest.raises(ClientError, match="Cluster of type AWS::EKS::Cluster"):
        cloud.client("cloudformation").create_stack(StackName="unknown", TemplateBody=template)
    assert cloud.client("sqs").list_queues(QueueNamePrefix="unknown").get("QueueUrls", []) == []


def test_a_custom_resource_is_refused(cloud: Cloud) -> None:
    template = json.dumps({"Resources": {"Clean": {"Type": "Custom::S3AutoDeleteObjects"}}})
    with pytest.raises(ClientError, match="Custom::S3AutoDeleteObjects"):
        cloud.client("cloudformation").create_stack(StackName="custom", TemplateBody=template)


def test_a_changed_property_is_updated_in_place(cloud: Cloud, deploy: Deploy) -> None:
    output = {"Url": {"Value": {"Ref": "Queue"}}}
    before = outputs_of(deploy({"Queue": QUEUE}, Outputs=output))
    changed = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 77}}
    stack = deploy({"Queue": changed}, Outputs=output)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert outputs_of(stack) == before
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=before["Url"], AttributeNames=["All"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "77"


def test_a_changed_name_replaces_the_resource_and_whatever_refers_to_it(cloud: Cloud, deploy: Deploy) -> None:
    def resources(name: str) -> dict[str, Any]:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
        parameter = {"Name": "/t", "Type": "String", "Value": {"Ref": "Topic"}}
        return {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}, "Topic": topic}

    deploy(resources("first"))
    deploy(resources("second"))
    topics = [topic["TopicArn"].rsplit(":", 1)[1] for topic in cloud.client("sns").list_topics()["Topics"]]
    assert topics == ["second"]
    assert cloud.client("ssm").get_parameter(Name="/t")["Parameter"]["Value"].endswith(":second")


def test_a_removed_resource_is_deleted_unless_it_is_retained(cloud: Cloud, deploy: Deploy) -> None:
    deploy({"Kept": {**table(), "DeletionPolicy": "Retain"}, "Gone": table(), "Queue": QUEUE})
    deploy({"Queue": QUEUE})
    (kept,) = cloud.client("dynamodb").list_tables()["TableNames"]
    assert "-Kept-" in kept
    stack = deploy({"Kept": table(), "Queue": QUEUE})
    assert stack["StackStatus"] == "UPDATE_COMPLETE", "a retained table keeps its name; the next one has another"


def test_a_failed_creation_is_rolled_back_and_says_why(cloud: Cloud, deploy: Deploy) -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Bucket": "no-such-bucket", "S3Key": "x.zip"},
            "Handler": "x.y",
            "Role": "arn:aws:iam::123456789012:role/none",
            "Runtime": "python3.13",
        },
    }
    stack = deploy({"Queue": QUEUE, "Function": {**function, "DependsOn": "Queue"}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack["StackName"])["StackEvents"]
    (failure,) = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert failure["LogicalResourceId"] == "Function"
    assert "Service: CreateFunction" in failure["ResourceStatusReason"]
    assert cloud.client("sqs").list_queues(QueueNamePrefix=stack["StackName"]).get("QueueUrls", []) == []


def test_a_failed_update_goes_back_to_what_was(cloud: Cloud, deploy: Deploy) -> None:
    stack = deploy({"Queue": QUEUE}, Outputs={"Url": {"Value": {"Ref": "Queue"}}})
    url = outputs_of(stack)["Url"]
    changed = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 20}}
    bad = {"Type": "AWS::SNS::Topic", "DependsOn": "Queue", "Properties": {"TopicName": "no spaces please"}}
    stack = deploy({"Queue": changed, "Topic": bad})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "10"


def test_a_failed_update_keeps_what_it_was_about_to_replace(cloud: Cloud, deploy: Deploy) -> None:
    output = {"Name": {"Value": {"Ref": "Table"}}}
    before = outputs_of(deploy({"Table": table("pk")}, Outputs=output))
    cloud.client("dynamodb").put_item(TableName=before["Name"], Item={"pk": {"S": "kept"}})
    bad = {"Type": "AWS::SNS::Topic", "DependsOn": "Table", "Properties": {"TopicName": "no spaces please"}}
    stack = deploy({"Table": table("other"), "Topic": bad}, Outputs=output)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs_of(stack) == before
    assert cloud.client("dynamodb").scan(TableName=before["Name"])["Count"] == 1
    names = cloud.client("dynamodb").list_tables()["TableNames"]
    assert [name for name in names if name.startswith(stack["StackName"])] == [before["Name"]]


def test_an_unknown_attribute_names_those_there_are(cloud: Cloud, deploy: Deploy) -> None:
    parameter = {"Name": "/a", "Type": "String", "Value": {"Fn::GetAtt": ["Queue", "Color"]}}
    stack = deploy({"Queue": QUEUE, "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack["StackName"])["StackEvents"]
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in events)
    assert "Queue does not support attribute type Color" in reasons
    assert "QueueUrl" in reasons


def test_a_property_that_nothing_looks_at_is_warned_of(deploy: Deploy, caplog: pytest.LogCaptureFixture) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DataProtectionPolicy": {}, "Tags": []}}
    deploy({"Topic": topic})
    assert "Topic (AWS::SNS::Topic): the laptop cloud does nothing with DataProtectionPolicy" in caplog.text
    assert "Tags" not in caplog.text


def test_conditions_parameters_and_no_value_are_understood(cloud: Cloud, deploy: Deploy) -> None:
    prefix = {"Fn::Sub": ["${Parameter}-${Suffix}", {"Suffix": {"Fn::Join": ["", ["a", {"Ref": "AWS::Region"}]]}}]}
    stack = deploy(
        {
            "Absent": {"Type": "AWS::SNS::Topic", "Condition": "Never"},
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
                    "TopicName": prefix,
                    "DisplayName": {"Fn::If": ["Never", "x", {"Ref": "AWS::NoValue"}]},
                },
            },
        },
        Parameters={"Parameter": {"Type": "String", "Default": "given"}},
        Conditions={"Never": {"Fn::Equals": [{"Ref": "Parameter"}, "other"]}},
        Outputs={"Name": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}, "Export": {"Name": "the-topic"}}},
    )
    assert outputs_of(stack) == {"Name": f"given-a{cloud.region}"}
    (export,) = cloud.client("cloudformation").list_exports()["Exports"]
    assert export["Value"] == f"given-a{cloud.region}"
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack["StackName"])
    assert [resource["LogicalResourceId"] for resource in resources["StackResources"]] == ["Topic"]


def test_a_change_set_shows_the_change_and_makes_it(cloud: Cloud) -> None:
    cloudformation = cloud.client("cloudformation")

    def apply(kind: str, resources: dict[str, Any]) -> list[tuple[str, str]]:
        names = {"StackName": "by-change-set", "ChangeSetName": kind.lower()}
        cloudformation.create_change_set(**names, ChangeSetType=kind, TemplateBody=json.dumps({"Resources": resources}))
        shown = cloudformation.describe_change_set(**names)
        cloudformation.execute_change_set(**names)
        changes = [change["ResourceChange"] for change in shown["Changes"]]
        return [(change["Action"], change["LogicalResourceId"]) for change in changes]

    assert apply("CREATE", {"Queue": QUEUE}) == [("Add", "Queue")]
    topic = {"Type": "AWS::SNS::Topic"}
    assert sorted(apply("UPDATE", {"Topic": topic})) == [("Add", "Topic"), ("Remove", "Queue")]
    (stack,) = cloudformation.describe_stacks(StackName="by-change-set")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    cloudformation.delete_stack(StackName="by-change-set")


def test_generated_names_are_the_same_in_every_deployment(cloud: Cloud, deploy: Deploy) -> None:
    output = {"Name": {"Value": {"Ref": "Bucket"}}}
    bucket = {"Type": "AWS::S3::Bucket"}
    first = deploy({"Bucket": bucket}, Outputs=output)
    cloud.client("cloudformation").delete_stack(StackName=first["StackName"])
    cloud.client("cloudformation").create_stack(
        StackName=first["StackName"], TemplateBody=json.dumps({"Resources": {"Bucket": bucket}, "Outputs": output})
    )
    (again,) = cloud.client("cloudformation").describe_stacks(StackName=first["StackName"])["Stacks"]
    assert outputs_of(again) == outputs_of(first)
