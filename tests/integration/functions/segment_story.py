"""A data set's customers, their CRM, and what happens to them, in few words."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvicorn
from starlette.responses import JSONResponse

from evergreen.layout import RunLayout
from evergreen.stores.registry import Change
from evergreen.stores.segments import Segments
from local.crm.app import application
from local.crm.customers import Customers
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World

Function = Callable[[str], Handler]
AT_RISK, SOON, REGULAR = "60,0.1", "5,0.9", "20,0.8"  # by the contract of next_purchase
TOKEN = "open sesame"


@dataclass
class Crm:
    """The stand-in, really served, which we may make ill."""

    address: str
    customers: Customers
    ill: Callable[[str], JSONResponse | None] = lambda _: None  # by entity
    asked: list[dict[str, Any]] = field(default_factory=list)

    def segment(self, entity: str) -> str | None:
        found = self.customers.get(DATASET, entity)
        return found.segment if found else "unknown"

    def took(self) -> list[tuple[str, str | None]]:
        """What changed, in order."""
        return [(each["entity"], each["segment"]) for each in reversed(self.customers.newest(1000))]


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    customers = Customers(tmp_path / "crm.db")
    app, listening = application(customers, TOKEN), socket.create_server(("127.0.0.1", 0))
    crm = Crm(f"http://127.0.0.1:{listening.getsockname()[1]}", customers)

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            message = await receive()
            said = json.loads(message["body"])
            crm.asked.append(said)
            answer = crm.ill(said.get("entity", ""))
            if answer:
                await answer(scope, receive, send)
                return

            async def again() -> Any:
                return message

            await app(scope, again, send)
            return
        await app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(serve, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield crm
    server.should_exit = True
    thread.join(5)


@dataclass
class Story:
    """What happens to a data set, in few words."""

    world: World
    crm: Crm
    compare: Handler
    deliver: Handler
    fence: int = 0

    @property
    def segments(self) -> Segments:
        return Segments(self.world.aws.segments)

    def publish(self, **rows: str) -> str:
        """A generation with these lines, by customer: `c17=REGULAR`."""
        self.fence += 1
        run_id, _ = self.world.run(f"incoming/{DATASET}/{self.fence}.csv")
        self.world.pinning.pin(DATASET, run_id, self.fence)
        lines = "".join(f"{name},{line}\n" for name, line in rows.items())
        self.world.aws.put(f"{RunLayout(DATASET, run_id).predictions}/part-0.csv.out", lines)
        seen = self.world.registry.published(DATASET)
        change = Change(DATASET, run_id, self.fence, seen["run_id"] if seen else None, datetime.now(UTC))
        self.world.registry.publish(change, {"rows": len(rows), "champion": run_id})
        self.world.leases.release(DATASET, run_id)
        return run_id

    def hints(self) -> list[dict[str, Any]]:
        """What SQS would hand to the function, one message at a time."""
        sqs = boto3.client("sqs")
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(
            QueueUrl=self.world.aws.segments_url, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            for each in messages:
                record = {"body": each["Body"], "receiptHandle": each["ReceiptHandle"], "messageId": each["MessageId"]}
                found.append({**record, "attributes": {"ApproximateReceiveCount": "1"}})
                sqs.delete_message(QueueUrl=self.world.aws.segments_url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def update(self) -> dict[str, Any]:
        """Compare, and deliver all that is hinted at."""
        told: dict[str, Any] = self.compare({"dataset": DATASET})
        for each in self.hints():
            self.deliver({"Records": [each]})
        return told


def put_off(noted: list[tuple[str, int]]) -> None:
    """Messages that we took off the queue by hand cannot be put off there."""
    module = sys.modules["functions.deliver_segments.handler"]
    module.queue.put_off = lambda receipt, tries: noted.append((receipt, tries))
