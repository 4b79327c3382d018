"""Runs that were in progress when the laptop cloud ended: their executions are lost, so they start anew.

On AWS an execution outlives everything; here a run that nobody works on would hold its lease for a week.
"""

from collections.abc import Mapping
from typing import Any

from evergreen.runs import dataset_of
from evergreen.stores.workflows import Workflows
from local.cloud import Cloud


def resume(cloud: Cloud, outputs: Mapping[str, str]) -> list[str]:
    """Start the execution of every run that holds a lease; returns the runs' ids."""
    if not {"StateMachineArn", "RegistryTable"} <= set(outputs):
        return []
    workflows = Workflows(cloud.client("stepfunctions"), outputs["StateMachineArn"])
    fences = {each["run_id"]["S"]: int(each["fence"]["N"]) for each in _leases(cloud, outputs["RegistryTable"])}
    return [run_id for run_id, fence in fences.items() if _start(workflows, run_id, fence)]


def _start(workflows: Workflows, run_id: str, fence: int) -> bool:
    return workflows.start(run_id, dataset=dataset_of(run_id), fence=fence)


def _leases(cloud: Cloud, table: str) -> list[dict[str, Any]]:
    pages = (
        cloud.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression="sk = :lease AND attribute_exists(run_id)",
            ExpressionAttributeValues={":lease": {"S": "LEASE"}},
        )
    )
    return [item for page in pages for item in page["Items"]]
