"""What the tests do with the cloud, in few words; everything goes through the public API."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud

INSTANCE = {"InstanceType": "ml.m5.large", "InstanceCount": 1}


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def until(seen: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Waits for something true, and answers it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := seen():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not seen within {seconds} seconds")


@dataclass
class World:
    cloud: Cloud
    role: str
    bucket: str

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, text: str) -> str:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return self.uri(key)

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    # functions

    def function(self, source: str, **settings: Any) -> str:
        """Creates a function whose asset is one module with `handler`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("room/app.py", source)
        name = unique("fn")
        defaults = {"Runtime": "python3.13", "Role": self.role, "Handler": "room.app.handler", "Timeout": 20}
        self.client("lambda").create_function(
            FunctionName=name, Code={"ZipFile": archive.getvalue()}, **(defaults | settings)
        )
        return name

    def invoke(self, name: str, event: Any = None, **settings: Any) -> tuple[Any, str | None]:
        """The function's answer and its FunctionError."""
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **settings)
        return json.loads(answer["Payload"].read() or "null"), answer.get("FunctionError")

    def log(self, group: str) -> list[str]:
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]

    # queues

    def queue(self, **attributes: str) -> tuple[str, str]:
        """Address and ARN of a new queue."""
        sqs = self.client("sqs")
        address = sqs.create_queue(QueueName=unique("q"), Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return address, arn

    def receive(self, address: str) -> list[str]:
        found = self.client("sqs").receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found]

    # jobs

    def training_request(self, **hyperparameters: str) -> dict[str, Any]:
        source = {
            "S3DataType": "S3Prefix",
            "S3Uri": self.uri("train/"),
            "S3DataDistributionType": "FullyReplicated",
        }
        return {
            "TrainingJobName": unique("job"),
            "HyperParameters": hyperparameters,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": self.uri("models")},
            "ResourceConfig": INSTANCE | {"VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }

    def finished(self, kind: str, name: str) -> dict[str, Any]:
        """The description of a job that has ended."""
        describe = getattr(self.client("sagemaker"), f"describe_{kind.lower()}_job")

        def ended() -> Any:
            found = describe(**{f"{kind}JobName": name})
            return found if found[f"{kind}JobStatus"] not in ("InProgress", "Stopping") else None

        return dict(until(ended, seconds=20))

    def train(self, **hyperparameters: str) -> dict[str, Any]:
        self.put("train/rows.csv", "1,2\n3,4\n")
        request = self.training_request(**hyperparameters)
        self.client("sagemaker").create_training_job(**request)
        return self.finished("Training", request["TrainingJobName"])

    # state machines

    def machine(self, states: dict[str, Any], **settings: Any) -> str:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        name = unique("machine")
        answer = self.client("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=self.role, **settings
        )
        return str(answer["stateMachineArn"])

    def start(self, machine: str, event: Any = None, name: str | None = None) -> str:
        named = {"name": name} if name else {}
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(event or {}), **named
        )
        return str(answer["executionArn"])

    def ended(self, execution: str, seconds: float = 20) -> dict[str, Any]:
        def over() -> Any:
            found = self.client("stepfunctions").describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return dict(until(over, seconds))

    def run(self, states: dict[str, Any], event: Any = None) -> dict[str, Any]:
        return self.ended(self.start(self.machine(states), event))

    def history(self, execution: str) -> list[dict[str, Any]]:
        events = self.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
        return list(events)
