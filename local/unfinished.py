"""Runs that were in progress when the laptop cloud ended: their executions are lost, so they start anew.

On AWS an execution outlives everything; here a run that nobody works on would hold its lease for a week.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from evergreen.arrivals import wake_event
from evergreen.runs import dataset_of
from local.cloud import Cloud

_RUNNING = "RUNNING"
_NEEDED = {"ArrivalsQueueUrl", "RegistryTable"}


def resume(cloud: Cloud, outputs: Mapping[str, str]) -> list[str]:
    """Have Dispatch look at every run that holds a lease; returns those that start anew."""
    if _NEEDED - set(outputs):
        return []
    found = dict(unfinished(cloud.client("dynamodb"), outputs["RegistryTable"]))
    for event in found.values():
        cloud.client("sqs").send_message(QueueUrl=outputs["ArrivalsQueueUrl"], MessageBody=json.dumps(event))
    return [run_id for run_id, event in found.items() if event["detail-type"] == "Wake"]


def unfinished(dynamodb: Any, table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each run that holds a lease, and the event by which Dispatch sees to it: a run that had told its end is over,
    and any other gets an execution, for Dispatch finds that it has none."""
    for lease in _leases(dynamodb, table):
        run_id = lease["run_id"]["S"]
        key = {"pk": lease["pk"], "sk": {"S": f"RUN#{run_id}"}}
        run = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        status = run.get("status", {}).get("S", _RUNNING)
        yield run_id, wake_event(dataset_of(run_id), datetime.now(UTC)) if status == _RUNNING else _ended(run_id)


def _ended(run_id: str) -> dict[str, Any]:
    """What Step Functions would have said; the run's own record says how it went."""
    detail = {"name": run_id, "status": "SUCCEEDED"}
    return {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}


def _leases(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="sk = :lease AND attribute_exists(run_id)",
        ExpressionAttributeValues={":lease": {"S": "LEASE"}},
    )
    return [item for page in pages for item in page["Items"]]
