"""What others have still to be told: the SageMaker registry and MLflow follow the champion, and are retried until
they agree."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import SetArguments, set_arguments
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Follower(StrEnum):
    """Who follows."""

    SAGEMAKER = "SAGEMAKER"  # the model package group: a version for each judged run, and which is Approved
    MLFLOW = "MLFLOW"  # the runs, and which version the alias `champion` names


class Outstanding(Strict):
    """One thing that a follower does not show yet."""

    follower: Follower
    what: Literal["CHAMPION", "RUN"]  # that the run's model is champion; that the run is recorded
    run_id: str
    at: str  # ISO 8601, UTC: since when
    error: str | None = None  # of the last try

    @property
    def place(self) -> str:
        """The newest champion takes the place of an earlier one; each run has a place of its own."""
        suffix = f"#{self.run_id}" if self.what == "RUN" else ""
        return f"OUTBOX#{self.follower}#{self.what}{suffix}"


class Outbox:
    """`DATASET#<id>` × `OUTBOX#<follower>#<what>` of the Registry table; what is done stays, marked."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add_run(
        self,
        dataset: str,
        run_id: str,
        at: datetime,
        *,
        follower: Follower = Follower.MLFLOW,
        again: bool = False,
    ) -> None:
        """Have a run recorded; one that waits, or is recorded already, stays as it is, unless it is to be `again`."""
        wanted = Outstanding(follower=follower, what="RUN", run_id=run_id, at=at.isoformat())
        facts = wanted.model_dump(mode="json", exclude_none=True)
        absent = Attr("pk").not_exists()
        try:
            with store_faults("add to the outbox"):
                self._table.update_item(
                    Key={"pk": f"DATASET#{dataset}", "sk": wanted.place},
                    ConditionExpression=absent | Attr("done_at").exists() if again else absent,
                    **_set_and_reopen(facts),
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def open(self, dataset: str) -> list[Outstanding]:
        """What has still to be done, oldest first; runs before the champion that one of them made."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("OUTBOX#")
        found = [each for each in query_all(self._table, condition) if "done_at" not in each]
        known = [Outstanding.model_validate(each) for each in found]
        return sorted(known, key=lambda each: (each.what != "RUN", each.at))

    def done(self, dataset: str, outstanding: Outstanding, at: datetime) -> None:
        """Mark one thing as done, unless a newer one has taken its place meanwhile."""
        self._note(dataset, outstanding, {"done_at": at.isoformat()})

    def failed(self, dataset: str, outstanding: Outstanding, error: str) -> None:
        """Keep why the last try failed."""
        self._note(dataset, outstanding, {"error": error})

    def _note(self, dataset: str, outstanding: Outstanding, facts: dict[str, str]) -> None:
        same = Attr("run_id").eq(outstanding.run_id) & Attr("at").eq(outstanding.at)
        try:
            with store_faults("note in the outbox"):
                self._table.update_item(
                    Key={"pk": f"DATASET#{dataset}", "sk": outstanding.place},
                    ConditionExpression=same,
                    **set_arguments(facts),
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise


def item(dataset: str, outstanding: Outstanding) -> dict[str, Any]:
    """The item of one thing that is to be done; for a transaction that changes the champion, too."""
    return {
        "pk": f"DATASET#{dataset}",
        "sk": outstanding.place,
        **outstanding.model_dump(mode="json", exclude_none=True),
    }


def _set_and_reopen(facts: dict[str, str]) -> SetArguments:
    arguments = set_arguments(facts)
    return {**arguments, "UpdateExpression": arguments["UpdateExpression"] + " REMOVE done_at"}
