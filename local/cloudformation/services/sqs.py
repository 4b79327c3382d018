"""AWS::SQS."""

from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, as_json

_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


def put_queue(wanted: Resource, before: Resource | None) -> Made:
    """Creates a queue or sets its attributes."""
    sqs = wanted.client("sqs")
    attributes = {key: _text(value) for key, value in wanted.given(*_ATTRIBUTES).items()}
    if before:
        url = before.physical_id
        changeable = {key: value for key, value in attributes.items() if key != "FifoQueue"}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=changeable)
    else:
        name = wanted.name("QueueName", 80)
        name += ".fifo" if "FifoQueue" in attributes and not name.endswith(".fifo") else ""
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    name = url.rsplit("/", 1)[1]
    return url, {"Arn": wanted.arn("sqs", name), "QueueName": name, "QueueUrl": url}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else as_json(value)


def delete_queue(queue: Resource) -> None:
    """Deletes a queue with its messages."""
    queue.client("sqs").delete_queue(QueueUrl=queue.physical_id)


def put_queue_policy(wanted: Resource, before: Resource | None) -> Made:
    """Sets the policy of each queue named."""
    for url in wanted.properties["Queues"]:
        policy = as_json(wanted.properties["PolicyDocument"])
        wanted.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return wanted.name(), {}


def delete_queue_policy(policy: Resource) -> None:
    """Takes the policy off its queues."""
    for url in policy.properties["Queues"]:
        policy.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


TYPES = {
    "AWS::SQS::Queue": ResourceType(put_queue, delete_queue, immutable=("QueueName", "FifoQueue")),
    "AWS::SQS::QueuePolicy": ResourceType(put_queue_policy, delete_queue_policy),
}
