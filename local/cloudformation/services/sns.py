"""AWS::SNS."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json

_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "FifoTopic", "ContentBasedDeduplication", "TracingConfig")
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)


def _text(value: object) -> str:
    return value if isinstance(value, str) else as_json(value)


def put_topic(wanted: Resource, before: Resource | None) -> Made:
    """Creates a topic with its subscriptions, or sets its attributes."""
    sns = wanted.client("sns")
    attributes = {key: _text(value) for key, value in wanted.given(*_TOPIC_ATTRIBUTES).items()}
    if before:
        arn = before.physical_id
        for key in set(attributes) - {"FifoTopic"}:
            sns.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=attributes[key])
    else:
        arn = sns.create_topic(Name=wanted.name("TopicName", 200), Attributes=attributes)["TopicArn"]
    known = before.properties.get("Subscription", []) if before else []
    for subscription in wanted.properties.get("Subscription", []):
        if subscription not in known:
            sns.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])
    return arn, {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]}


def delete_topic(topic: Resource) -> None:
    """Deletes a topic with its subscriptions."""
    topic.client("sns").delete_topic(TopicArn=topic.physical_id)


def put_subscription(wanted: Resource, before: Resource | None) -> Made:
    """Subscribes an endpoint to a topic or sets the subscription's attributes."""
    sns = wanted.client("sns")
    attributes = {key: _text(value) for key, value in wanted.given(*_SUBSCRIPTION_ATTRIBUTES).items()}
    if before:
        for key, value in attributes.items():
            sns.set_subscription_attributes(SubscriptionArn=before.physical_id, AttributeName=key, AttributeValue=value)
        return before.physical_id, before.attributes
    properties = wanted.properties
    arn = sns.subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return arn, {"Arn": arn}


def delete_subscription(subscription: Resource) -> None:
    """Ends the subscription."""
    subscription.client("sns").unsubscribe(SubscriptionArn=subscription.physical_id)


def put_topic_policy(wanted: Resource, before: Resource | None) -> Made:
    """Sets the policy of each topic named."""
    policy = as_json(wanted.properties["PolicyDocument"])
    for arn in wanted.properties["Topics"]:
        wanted.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return wanted.name(), {}


def delete_topic_policy(policy: Resource) -> None:
    """Leaves its topics with a policy that allows nothing."""
    nobody = as_json({"Version": "2012-10-17", "Statement": []})
    for arn in policy.properties["Topics"]:
        policy.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=nobody)


TYPES = {
    "AWS::SNS::Topic": ResourceType(put_topic, delete_topic, immutable=("TopicName", "FifoTopic")),
    "AWS::SNS::Subscription": ResourceType(
        put_subscription, delete_subscription, immutable=("TopicArn", "Protocol", "Endpoint")
    ),
    "AWS::SNS::TopicPolicy": ResourceType(put_topic_policy, delete_topic_policy),
}
