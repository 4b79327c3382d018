"""Bringing an earlier champion back: everything a rollback looks at before it moves anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from evergreen.approval import AWAITING_APPROVAL, status_of
from evergreen.champions import RollbackOvertaken, RollbackRefused, Target, rollback_target
from evergreen.stores.faults import code_of
from evergreen.stores.files import Files
from evergreen.stores.leases import Leases
from evergreen.stores.predictions import Predictions
from evergreen.stores.registry import Registry
from evergreen.stores.removals import Removals
from evergreen.stores.rollbacks import Rollback, Rollbacks
from evergreen.stores.runs import RunRecords
from evergreen.stores.workflows import Workflows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Reinstatement:
    """The stores that a rollback reads and writes."""

    leases: Leases
    workflows: Workflows
    registry: Registry
    runs: RunRecords
    files: Files
    predictions: Predictions
    removals: Removals
    rollbacks: Rollbacks

    @classmethod
    def of(cls, registry: Table, predictions: Table, files: Files, workflows: Workflows) -> Reinstatement:
        """The rollbacks of one deployment."""
        return cls(
            Leases(registry, timedelta()),  # to look at, never to take
            workflows,
            Registry(registry),
            RunRecords(registry),
            files,
            Predictions(predictions),
            Removals(registry),
            Rollbacks(registry),
        )

    def bring_back(
        self, dataset: str, *, to: str | None, reason: str, by: str, now: datetime, in_place_of: str | None = None
    ) -> Rollback:
        """Look, check, then move champion and predictions in one transaction. Raises RollbackRefused, nothing moved."""
        fence = self.leases.last_fence(dataset)  # first of all: whatever changes the rest later raises it
        ended_holder = self._ended_holder(dataset, now)
        registry = self.registry
        champion, published = registry.champion(dataset), registry.published(dataset)
        if champion is None:
            raise RollbackRefused(f"{dataset} has no champion yet, so there is nothing to go back to")
        if in_place_of and champion["run_id"] != in_place_of:
            raise RollbackOvertaken(f"{in_place_of} is not the champion of {dataset} any more")
        target = rollback_target(registry.history(dataset), champion["run_id"], to)
        self._check_there(dataset, target)
        done = Rollback(
            dataset=dataset,
            target=target,
            replaces=champion["run_id"],
            replaces_generation=published["run_id"] if published else None,
            fence=fence,
            by=by,
            reason=reason,
            at=now,
            ended_holder=ended_holder,
        )
        self.rollbacks.move(done)
        return done

    def is_busy(self, dataset: str, now: datetime) -> bool:
        """Whether a run is in progress or about to start, so that the same may be possible later."""
        try:
            self._ended_holder(dataset, now)
        except RollbackRefused:
            return True
        return False

    def _ended_holder(self, dataset: str, now: datetime) -> str | None:
        """The run that holds the lease although its execution is over. Raises RollbackRefused while one is in progress.

        A lease that has expired says nothing: by the clock of whoever calls it may seem so while its run goes on.
        """
        lease = self.leases.last(dataset)
        if lease is None:
            return None
        run_id = lease.run_id
        try:
            ended = self.workflows.ended(run_id)
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            if lease.expires_at <= now.timestamp():
                return None
            raise RollbackRefused(f"run {run_id} is about to start; try again in a minute") from error
        if ended:
            return run_id
        if status_of(self.runs.get(run_id) or {}) == AWAITING_APPROVAL:
            remedy = f'it waits for approval; reject it first: evergreen reject {run_id} --reason "…"'
        else:
            remedy = (
                f"wait for its end: evergreen runs {dataset} --watch; or stop it: "
                f"aws stepfunctions stop-execution --execution-arn {self.workflows.arn(run_id)}"
            )
        raise RollbackRefused(f"run {run_id} is in progress and may change the champion; {remedy}")

    def _check_there(self, dataset: str, target: Target) -> None:
        """Raises RollbackRefused when the model or its predictions are gone."""
        key = target.champion["model_key"]
        if not self.files.exists(key):
            raise RollbackRefused(
                f"the model of {target.run_id} is gone: s3://{self.files.bucket}/{key}. Restore it (the bucket keeps "
                f"versions), or choose another with --to; see: evergreen history {dataset}"
            )
        published = target.published
        removal = self.removals.find(dataset, published.generation)
        if removal:
            raise RollbackRefused(
                f"the predictions of {target.run_id} are gone: generation {published.generation} was removed at "
                f"{removal.begun_at[:16]} by {removal.by_run}, as predictions.keep_generations of the contract says. "
                f"Choose another with --to; see: evergreen history {dataset}"
            )
        if not published.sample or self.predictions.get(dataset, published.sample, published.generation) is None:
            raise RollbackRefused(
                f"the predictions of {target.run_id} are gone: generation {published.generation} is not in "
                f"{self.predictions.table} any more. Choose another with --to; see: evergreen history {dataset}"
            )
