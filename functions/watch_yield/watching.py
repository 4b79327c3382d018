"""Looking at a data set's yield after a promotion, and bringing the champion before back when it is worse."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from evergreen.champions import BY_ITSELF, RollbackOvertaken, RollbackRefused
from evergreen.contracts import Contracts
from evergreen.layout import ObservedLayout
from evergreen.observed_yield import Yield
from evergreen.promotion_watch import compare, is_over, promotion_watched
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.followers import Followers
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.reinstatement import Reinstatement
from evergreen.stores.workflows import Workflows
from evergreen.yield_notices import automatic_rollback_notice, rollback_impossible_notice
from evergreen.yield_series import YieldSeries
from functions.watch_yield.settings import Settings


@dataclass(frozen=True)
class Watching:
    """Safe to repeat: a rollback happens once, and whoever was not told of it is told by the next look.

    Listeners, registries and the CRM hear of it at once, as after a rollback by a person: no run may come for days.
    """

    contracts: Contracts
    files: Files
    ledger: ArrivalsLedger
    reinstatement: Reinstatement
    notices: Notices
    announcements: Announcements
    followers: Followers

    @classmethod
    def wired(cls, settings: Settings) -> "Watching":
        """The watch of this deployment."""
        dynamodb = boto3.resource("dynamodb")
        registry, predictions = dynamodb.Table(settings.REGISTRY_TABLE), dynamodb.Table(settings.PREDICTIONS_TABLE)
        files = Files(boto3.client("s3"), settings.DATA_BUCKET)
        workflows = Workflows(boto3.client("stepfunctions"), settings.STATE_MACHINE_ARN)
        notices = Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN)
        reinstatement = Reinstatement.of(registry, predictions, files, workflows)
        announcements = Announcements.of(registry, settings.EVENT_BUS)
        functions = (settings.TRACK_RUN_FUNCTION, settings.UPDATE_SEGMENTS_FUNCTION, settings.UPDATE_ENDPOINT_FUNCTION)
        followers = Followers(boto3.client("lambda"), functions)
        ledger = ArrivalsLedger(registry)
        return cls(Contracts.deployed(), files, ledger, reinstatement, notices, announcements, followers)

    def look(self, dataset: str, now: datetime) -> str:
        """Compare, roll back if need be, tell people; says in words what came of it."""
        stated = self._stated(dataset)
        champion = self.reinstatement.registry.champion(dataset) if stated else None
        if stated is None or champion is None:
            return "nothing is watched"
        if champion.get("by") == BY_ITSELF and champion.get("rolled_back_at"):
            return self._tell_once(dataset, champion, now)
        promotion = promotion_watched(self.reinstatement.registry.history(dataset), champion["run_id"])
        if promotion is None or not self._asked_by_alarm(dataset, promotion.run_id):
            return "its promotion is not watched"
        looked_at = int((self.reinstatement.runs.get(promotion.run_id) or {}).get("watched_items", 0))
        if is_over(looked_at, stated):
            return "the watch is over"
        compared = compare(self.files.read(ObservedLayout(dataset).series, YieldSeries), promotion, stated)
        if compared.is_worse:
            return self._roll_back(dataset, promotion.run_id, compared.reason(), now)
        self.reinstatement.runs.note(promotion.run_id, watched_items=compared.since.judged)
        return "not worse, as far as can be told"

    def _roll_back(self, dataset: str, worse: str, reason: str, now: datetime) -> str:
        why = f"run {worse} was promoted for a low yield, and {reason}"
        try:
            self.reinstatement.bring_back(dataset, to=None, reason=why, by=BY_ITSELF, now=now, in_place_of=worse)
        except RollbackOvertaken as overtaken:
            return f"put off: {overtaken}"  # the next look sees what became of it
        except RollbackRefused as refused:
            if self.reinstatement.is_busy(dataset, now):
                return f"put off: {refused}"
            return self._tell_impossible(dataset, worse, f"{why}; {refused}", now)
        back = self.reinstatement.registry.champion(dataset)
        return self._tell_once(dataset, back, now) if back else "rolled back"

    def _tell_once(self, dataset: str, champion: dict[str, Any], now: datetime) -> str:
        replaced, runs = str(champion["replaced"]), self.reinstatement.runs
        self.announcements.tell(dataset)  # what could not be told before, too
        if (runs.get(replaced) or {}).get("rollback_told_at"):
            return "rolled back, and people know"
        self.followers.ask(dataset)
        published = self.reinstatement.registry.published(dataset) or {}
        subject, body = automatic_rollback_notice(
            dataset,
            champion=champion["run_id"],
            replaced=replaced,
            generation=str(published.get("generation")),
            reason=" ".join(champion.get("why", ())),
        )
        self._tell(dataset, replaced, "ROLLED_BACK", subject, body)
        runs.note(replaced, rollback_told_at=now.isoformat())
        return "rolled back"

    def _tell_impossible(self, dataset: str, worse: str, why: str, now: datetime) -> str:
        runs = self.reinstatement.runs
        if not (runs.get(worse) or {}).get("rollback_told_at"):
            subject, body = rollback_impossible_notice(dataset, why)
            self._tell(dataset, worse, "ROLLBACK_IMPOSSIBLE", subject, body)
            runs.note(worse, rollback_told_at=now.isoformat())
        return f"not possible: {why}"

    def _tell(self, dataset: str, run_id: str, kind: str, subject: str, body: str) -> None:
        self.notices.send(
            Notice(
                notification_id=f"{run_id}-watch",
                dataset=dataset,
                kind=kind,
                subject=subject,
                body=body,
                run_id=run_id,
            )
        )

    def _asked_by_alarm(self, dataset: str, run_id: str) -> bool:
        arrivals = (self.reinstatement.runs.get(run_id) or {}).get("arrival_ids", [])
        return any(each.kind == "alarm" for each in self.ledger.get(dataset, arrivals))

    def _stated(self, dataset: str) -> Yield | None:
        stated = self.contracts[dataset].contract.observed_yield if dataset in self.contracts.ids else None
        return stated if stated and stated.rollback else None
