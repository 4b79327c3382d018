"""A template with a resource of every type, which one word changes throughout."""

import json
from typing import Any

ANYONE = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "Result": "${Word}", "End": True}}}


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def resources(word: str) -> dict[str, Any]:
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Metadata": ("AWS::CDK::Metadata", {"Analytics": "none"}),
        "Key": ("AWS::KMS::Key", {"Description": word, "EnableKeyRotation": True}),
        "KeyAlias": ("AWS::KMS::Alias", {"AliasName": "alias/everything", "TargetKeyId": {"Ref": "Key"}}),
        "Bucket": (
            "AWS::S3::Bucket",
            {
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "LifecycleConfiguration": {
                    "Rules": [
                        {"Id": word, "Status": "Enabled", "Prefix": "runs/", "ExpirationInDays": 9},
                        {"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
                    ]
                },
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True},
            },
        ),
        "BucketPolicy": ("AWS::S3::BucketPolicy", {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": policy(TLS_ONLY)}),
        "ScheduleGroup": ("AWS::Scheduler::ScheduleGroup", {"Name": "everything"}),
        "Schedule": (
            "AWS::Scheduler::Schedule",
            {
                "GroupName": {"Ref": "ScheduleGroup"},
                "Description": word,
                "ScheduleExpression": "cron(0 6 ? * MON-FRI *)",
                "ScheduleExpressionTimezone": "Europe/Berlin",
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
                "Target": {
                    "Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Input": "{}",
                },
            },
        ),
        "DeadLetters": ("AWS::SQS::Queue", {}),
        "Queue": (
            "AWS::SQS::Queue",
            {"RedrivePolicy": {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 3}},
        ),
        "QueuePolicy": ("AWS::SQS::QueuePolicy", {"Queues": [{"Ref": "Queue"}], "PolicyDocument": policy(ANYONE)}),
        "Topic": ("AWS::SNS::Topic", {"DisplayName": word}),
        "TopicPolicy": ("AWS::SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy(ANYONE)}),
        "Subscription": (
            "AWS::SNS::Subscription",
            {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": arn("Queue"),
                "FilterPolicy": {"word": [word]},
            },
        ),
        "Bus": ("AWS::Events::EventBus", {"Name": "everything"}),
        "BusPolicy": (
            "AWS::Events::EventBusPolicy",
            {
                "EventBusName": {"Ref": "Bus"},
                "StatementId": "all",
                "Statement": {**ANYONE, "Action": "events:PutEvents", "Resource": arn("Bus")},
            },
        ),
        "Archive": ("AWS::Events::Archive", {"SourceArn": arn("Bus"), "RetentionDays": 1}),
        "Rule": (
            "AWS::Events::Rule",
            {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": [word]},
                "Targets": [{"Id": word, "Arn": arn("Queue")}],
            },
        ),
        "Role": (
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
                "Policies": [
                    {
                        "PolicyName": word,
                        "PolicyDocument": policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}),
                    }
                ],
            },
        ),
        "Policy": (
            "AWS::IAM::Policy",
            {
                "PolicyName": "inline",
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": policy({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Sid": word}),
            },
        ),
        "Managed": (
            "AWS::IAM::ManagedPolicy",
            {
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": policy(
                    {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Sid": word}
                ),
            },
        ),
        "Group": ("AWS::Logs::LogGroup", {"RetentionInDays": 7 if word == "first" else 14}),
        "LogPolicy": ("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": json.dumps(policy(ANYONE))}),
        "Function": (
            "AWS::Lambda::Function",
            {
                "Code": {"S3Bucket": "code-of-everything", "S3Key": f"{word}.zip"},
                "Handler": "handler.handle",
                "Role": arn("Role"),
                "Runtime": "python3.13",
                "Layers": [
                    "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-x86_64:1"
                ],
                "Environment": {"Variables": {"WORD": word}},
                "ReservedConcurrentExecutions": 2,
            },
        ),
        "Permission": (
            "AWS::Lambda::Permission",
            {"FunctionName": arn("Function"), "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"},
        ),
        "Mapping": (
            "AWS::Lambda::EventSourceMapping",
            {
                "EventSourceArn": arn("Queue"),
                "FunctionName": {"Ref": "Function"},
                "BatchSize": 5 if word == "first" else 6,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        ),
        "Invocations": (
            "AWS::Lambda::EventInvokeConfig",
            {"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 1},
        ),
        "Version": ("AWS::Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
        "Alias": (
            "AWS::Lambda::Alias",
            {
                "FunctionName": {"Ref": "Function"},
                "Name": "live",
                "Description": word,
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            },
        ),
        "Table": (
            "AWS::DynamoDB::Table",
            {
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in ("pk", "sk", *(() if word == "first" else ("other",)))
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": word,
                        "KeySchema": [
                            {"AttributeName": "sk" if word == "first" else "other", "KeyType": "HASH"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": word == "first"},
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
                "SSESpecification": {"SSEEnabled": True},
            },
        ),
        "MachineRole": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": trust("states.amazonaws.com")}),
        "Machine": (
            "AWS::StepFunctions::StateMachine",
            {
                "RoleArn": arn("MachineRole"),
                "DefinitionString": json.dumps(DEFINITION),
                "DefinitionSubstitutions": {"Word": word},
            },
        ),
        "Repository": ("AWS::ECR::Repository", {"ImageScanningConfiguration": {"ScanOnPush": True}}),
        "Alarm": (
            "AWS::CloudWatch::Alarm",
            {
                "Namespace": "Everything",
                "MetricName": "M",
                "ComparisonOperator": "LessThanThreshold",
                "EvaluationPeriods": 1,
                "Period": 60,
                "Statistic": "Average",
                "Threshold": 1 if word == "first" else 2,
                "AlarmActions": [{"Ref": "Topic"}],
            },
        ),
        "Dashboard": ("AWS::CloudWatch::Dashboard", {"DashboardBody": json.dumps({"widgets": [], "start": word})}),
        "Packages": ("AWS::SageMaker::ModelPackageGroup", {"ModelPackageGroupName": "everything"}),
        "Mlflow": (
            "AWS::SageMaker::MlflowApp",
            {"Name": "everything", "ArtifactStoreUri": "s3://everything/mlflow", "RoleArn": arn("Role")},
        ),
        "Parameter": ("AWS::SSM::Parameter", {"Type": "String", "Value": word}),
        "Api": ("AWS::ApiGatewayV2::Api", {"Name": word, "ProtocolType": "HTTP"}),
        "Integration": (
            "AWS::ApiGatewayV2::Integration",
            {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": arn("Function"),
                "PayloadFormatVersion": "2.0",
            },
        ),
        "Route": (
            "AWS::ApiGatewayV2::Route",
            {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "$default",
                "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]},
            },
        ),
        "Stage": (
            "AWS::ApiGatewayV2::Stage",
            {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True, "Description": word},
        ),
    }
    return {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in kinds.items()}
