"""How a run ends: arrivals settled, outcome recorded, people told; whichever way it came to its end."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import boto3

from evergreen.approval import Approval, approval_of
from evergreen.arrivals import Arrival
from evergreen.events_out import DataRejected, RunFailed
from evergreen.generations import Published
from evergreen.layout import RunLayout
from evergreen.manifest import Collection, DataReport, InputFile
from evergreen.notices import failure_notice, why_it_ran, without
from evergreen.requests import identity
from evergreen.runs import dataset_of
from evergreen.stores.arrivals import ArrivalsLedger, ArrivalState
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.outbox import Follower, Outbox
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords

_LONGEST_NOTICE = 8000  # characters; SNS takes 256 KB, a person less


class Status(StrEnum):
    """Where a run stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    DATA_REJECTED = "DATA_REJECTED"
    FAILED = "FAILED"


class Endings:
    """Ends runs; doing it twice tells people twice only when the first attempt died between telling and noting it."""

    def __init__(
        self,
        ledger: ArrivalsLedger,
        runs: RunRecords,
        registry: Registry,
        notices: Notices,
        outbox: Outbox,
        *,
        announcements: Announcements,
    ) -> None:
        self._announcements = announcements
        self._ledger = ledger
        self._outbox = outbox
        self._registry = registry
        self._runs = runs
        self._notices = notices

    @classmethod
    def of(cls, registry_table: str, topic_arn: str, event_bus: str) -> "Endings":
        """The endings of one deployment."""
        table = boto3.resource("dynamodb").Table(registry_table)
        notices = Notices(boto3.client("sns"), topic_arn)
        announcements = Announcements.of(table, event_bus)
        return cls(
            ArrivalsLedger(table),
            RunRecords(table),
            Registry(table),
            notices,
            Outbox(table),
            announcements=announcements,
        )

    def end(self, run_id: str, status: Status, subject: str, body: str, **facts: Any) -> None:
        """Record the outcome, send the run's one notice, and tell those who listen."""
        self._announce(run_id, status, facts)
        run = self._runs.get(run_id) or {}  # as late as can be: whether people were told decides whether they are
        body = "\n".join([body, *without(run.get("set_aside", [])), *why_it_ran(run.get("causes", []))])
        body = body if len(body) <= _LONGEST_NOTICE else body[:_LONGEST_NOTICE] + " …"
        if not run.get("notified_at"):
            self._notices.send(
                Notice(
                    notification_id=run_id,
                    dataset=dataset_of(run_id),
                    kind=status,
                    subject=subject,
                    body=body,
                    run_id=run_id,
                    outcome=(run.get("verdict") or {}).get("outcome"),
                )
            )
        now = datetime.now(UTC)
        ended = {"status": status, "notified_at": now.isoformat(), "ended_at": now.isoformat()}
        self._runs.note(run_id, notice=body, **ended, **facts)
        # A run that failed at its very end has been recorded as one that went well, and before its end its package
        # may wait for an approval that nobody can give any more.
        failed = status == Status.FAILED
        for follower in Follower if failed else (Follower.MLFLOW,):
            self._outbox.add_run(dataset_of(run_id), run_id, now, follower=follower, again=failed)
        self._announcements.tell(dataset_of(run_id))

    def fail(self, run_id: str, cause: str) -> None:
        """End a run that went wrong, unless it has ended already: arrivals kept for the next run, people told what
        did change before it failed, and what did not."""
        dataset, run = dataset_of(run_id), self._runs.get(run_id) or {}
        if run.get("status") in (Status.SUCCEEDED, Status.DATA_REJECTED):
            return
        open_ones = self._ledger.open_among(dataset, run.get("arrival_ids", []))
        given_up = [each for each in open_ones if not self._ledger.hold(dataset, each, run_id, cause)]
        causes = [arrival.cause for arrival in self._ledger.get(dataset, given_up)]
        promoted, published = (
            (found or {}).get("run_id") == run_id
            for found in (self._registry.champion(dataset), self._registry.published(dataset))
        )
        subject, body = failure_notice(run_id, cause, causes, promoted=promoted, published=published)
        self.end(run_id, Status.FAILED, subject, body, error=cause)

    def still_behind(self, run_id: str) -> dict[str, str | None]:
        """Who does not show everything yet, this run included, and the error of the last try."""
        dataset = dataset_of(run_id)
        self._outbox.add_run(dataset, run_id, datetime.now(UTC))
        return {each.follower.value: each.error for each in self._outbox.open(dataset)}

    def published(self, run_id: str) -> Published | None:
        """What the run published, if it did."""
        published = (self._runs.get(run_id) or {}).get("published")
        return Published.model_validate(published) if published else None

    def segments(self, run_id: str) -> dict[str, Any] | None:
        """How many customers changed segment by what the run published; None when they were not compared."""
        return (self._runs.get(run_id) or {}).get("segments")

    def approval(self, run_id: str) -> Approval | None:
        """What became of the approval that the run asked for, if it did."""
        return approval_of(self._runs.get(run_id) or {})

    def settle_files(self, run_id: str, report: DataReport, inputs: tuple[InputFile, ...], files: Files) -> None:
        """Mark each dropped file DONE, or QUARANTINED with a copy and its reason, as the data report says."""
        layout = RunLayout(dataset_of(run_id), run_id)
        frozen = {each.arrival_id: each.key for each in inputs}
        for file in report.files:
            if file.refused:
                key = frozen[file.arrival_id]
                name = key.rsplit("/", 1)[-1]
                files.freeze(files.bucket, key, "null", to=f"{layout.quarantine}/{file.arrival_id}/{name}")
                reason = next((r.sentence() for r in report.rejections if r.file == file.source), "refused")
                self._settle(run_id, file.arrival_id, ArrivalState.QUARANTINED, reason=reason)
            else:
                in_history = file.accepted and not file.superseded  # the newest snapshot alone is the data there is
                accepted = f"{layout.accepted}/{file.arrival_id}.parquet" if in_history else None
                state = ArrivalState.SUPERSEDED if file.superseded else ArrivalState.DONE
                why = "a newer snapshot in the same run took its place" if file.superseded else None
                self._settle(run_id, file.arrival_id, state, accepted_key=accepted, reason=why)

    def keep_outcomes(self, run_id: str, report: DataReport, collection: Collection | None, bucket: str) -> None:
        """Take what the run has collected by itself into the history, as if somebody had dropped it."""
        file = report.collected.outcomes if report.collected else None
        if collection is None or file is None or not file.accepted or not file.accepted_key:
            return
        outcomes = collection.outcomes
        arrival = Arrival(
            arrival_id=outcomes.arrival_id,
            dataset=dataset_of(run_id),
            kind="outcomes",
            cause=f"{run_id} collected {file.accepted:,} items of inference logs with their outcomes",
            at=(self._runs.get(run_id) or {}).get("started_at") or datetime.now(UTC).isoformat(),
            bucket=bucket,
            key=outcomes.key,
        )
        self._ledger.record_outcomes(arrival, run_id, file.accepted_key)

    def settle_rest(self, run_id: str) -> None:
        """Mark every arrival of the run that is still open as DONE."""
        run = self._runs.get(run_id) or {}
        for arrival_id in self._ledger.open_among(dataset_of(run_id), run.get("arrival_ids", [])):
            self._settle(run_id, arrival_id, ArrivalState.DONE)

    def _announce(self, run_id: str, status: Status, facts: Mapping[str, Any]) -> None:
        dataset = dataset_of(run_id)
        if status not in (Status.FAILED, Status.DATA_REJECTED):
            return
        champion, published = self._registry.champion(dataset) or {}, self._registry.published(dataset) or {}
        shared: dict[str, Any] = {
            "event_id": identity(status, dataset, run_id),
            "dataset": dataset,
            "run_id": run_id,
            "generation": published.get("generation"),
            "champion": champion.get("run_id"),
            "at": datetime.now(UTC).isoformat(),
        }
        if status == Status.FAILED:
            self._announcements.add(RunFailed(**shared, error=facts["error"][:_LONGEST_NOTICE]))
        else:
            self._announcements.add(DataRejected(**shared, reason=facts["reason"][:_LONGEST_NOTICE]))

    def _settle(self, run_id: str, arrival_id: str, state: ArrivalState, **facts: str | None) -> None:
        self._ledger.settle(dataset_of(run_id), arrival_id, state, run_id, **facts)
