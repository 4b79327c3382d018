"""Task tokens of workflows that wait for how a run goes: kept with the arrival that asks for it, until answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from evergreen.results import RunResult
from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import code_of, store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_stepfunctions.client import SFNClient

_NOBODY_WAITS = ("InvalidToken", "TaskDoesNotExist", "TaskTimedOut")  # answered before, out of time, or stopped
_REFUSED = ("AccessDeniedException", "ValidationException")  # as for a workflow that is not ours to answer


class TaskTokens:
    """The set `task_tokens` of `DATASET#<id>` × `ARRIVAL#<arrival id>`: a request sent again has a token of its own."""

    def __init__(self, table: Table, client: SFNClient) -> None:
        self._table = table
        self._client = client

    def keep(self, dataset: str, arrival_id: str, token: str) -> None:
        """Remember who waits for an arrival of the ledger."""
        self._change("ADD", dataset, arrival_id, token)

    def awaited(self, dataset: str) -> list[dict[str, Any]]:
        """The arrivals that somebody waits for, with their `task_tokens`."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("ARRIVAL#")
        return list(query_all(self._table, condition, FilterExpression=Attr("task_tokens").exists()))

    def answer(self, token: str, result: RunResult) -> bool:
        """Tell who waits with this token; nobody waiting any more is as good as told. False when Step Functions does
        not let us."""
        try:
            with store_faults("answer a task token"):
                self._client.send_task_success(taskToken=token, output=result.model_dump_json())
        except ClientError as error:
            if code_of(error) in _REFUSED:
                return False
            if code_of(error) not in _NOBODY_WAITS:
                raise
        return True

    def answered(self, dataset: str, arrival_id: str, token: str) -> None:
        """Forget a token."""
        self._change("DELETE", dataset, arrival_id, token)

    def _change(self, action: str, dataset: str, arrival_id: str, token: str) -> None:
        with store_faults("note a task token"):
            self._table.update_item(
                Key={"pk": f"DATASET#{dataset}", "sk": f"ARRIVAL#{arrival_id}"},
                UpdateExpression=f"{action} task_tokens :tokens",
                ConditionExpression=Attr("pk").exists(),
                ExpressionAttributeValues={":tokens": {token}},
            )
