"""The topic that people subscribe to."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class NoticesTopic(Construct):
    """Encrypted, TLS only; `-c notify=someone@example.com` subscribes an address."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        # CloudWatch alarms cannot publish to a topic under alias/aws/sns: its key policy cannot let them.
        self.key = kms.Key(self, "Key", enable_key_rotation=True, description="Evergreen's notices")
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key policy: this key
            )
        )
        self.topic = sns.Topic(self, "Topic", display_name="Evergreen", master_key=self.key, enforce_ssl=True)
        # A policy of its own takes the place of SNS's default one, under which alarms of the account may publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        address = self.node.try_get_context("notify")
        if address:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))

    def publishing(self) -> list[iam.PolicyStatement]:
        """What a function needs to send notices."""
        return [
            iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]),
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn]),
        ]
