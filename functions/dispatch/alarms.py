"""Alarms that ask for runs: whether they are on, and what follows when a run did not turn them off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evergreen.arrivals import AlarmCleared, Arrival
from evergreen.contracts import Contracts
from evergreen.durations import duration
from evergreen.layout import ObservedLayout
from evergreen.ledger import ArrivalState, LedgerEntry
from evergreen.observed_yield import Yield
from evergreen.pacing import NextStart
from evergreen.requests import identity
from evergreen.stores.alarm_states import AlarmStates
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endings import Status
from evergreen.stores.files import Files
from evergreen.stores.leases import Lease
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from evergreen.stores.timers import Timers
from evergreen.stuck_alarm import (
    AlarmState,
    AskAgain,
    Try,
    asking_again,
    came_after,
    entries_of,
    hold_after_rollback,
    is_measured,
    next_step,
    rolled_back_by_itself,
    runs_of,
)
from evergreen.yield_notices import stuck_alarm_notice
from evergreen.yield_series import YieldSeries


@dataclass(frozen=True)
class Alarms:
    """The alarms of the data sets whose contracts state a yield."""

    contracts: Contracts
    states: AlarmStates
    ledger: ArrivalsLedger
    runs: RunRecords
    registry: Registry
    notices: Notices
    timers: Timers
    files: Files

    def came_on(self, arrival: Arrival, lease: Lease | None) -> None:
        """Note that an alarm is on, if that is what has arrived; `lease` is that of the run in progress.

        While a run is in progress that an alarm asked for, another one asks for nothing more: it says the same of the
        same items. When it is still on after the run, it is examined as every other.
        """
        if not (arrival.alarm and arrival.alarm_since):
            return
        dataset = arrival.dataset
        self.states.note(dataset, AlarmState(alarm=arrival.alarm, is_on=True, at=arrival.alarm_since))
        if lease is None or arrival.arrival_id in lease.arrival_ids:
            return
        if _is_among(self.ledger.alarms(dataset), lease.arrival_ids):
            self._settle(dataset, arrival.arrival_id, lease.run_id)

    def run_ended(self, dataset: str, run_id: str) -> None:
        """Settle the alarms that came as a run was about to start that another had asked for, and so were not seen;
        not those that came after it, of which its end, told late or again, says nothing."""
        run = self.runs.get(run_id) or {}
        alarms = self.ledger.alarms(dataset)
        if _is_among(alarms, run.get("arrival_ids", ())):
            for each in alarms:
                came_after_it = "ended_at" in run and each.recorded_at > datetime.fromisoformat(run["ended_at"])
                if each.state == ArrivalState.WAITING and not came_after_it:
                    self._settle(dataset, each.arrival.arrival_id, run_id)

    def went_off(self, cleared: AlarmCleared) -> None:
        """Note that an alarm is off; what it asked for and still waits runs all the same."""
        self.states.note(cleared.dataset, AlarmState(alarm=cleared.alarm, is_on=False, at=cleared.at))

    def examine(self, dataset: str, now: datetime) -> None:
        """For each alarm that is still on: ask again when it is time, call people when that did not help either, and
        until then set a timer."""
        stated = self._stated(dataset)
        on = [each for each in self.states.on(dataset) if each.told_at is None] if stated else []
        if not on or stated is None:
            return
        entries = self.ledger.alarms(dataset)
        stuck = [each for each in on if self._is_stuck(dataset, each, entries, stated, now)]
        if stuck:
            self._call_people(dataset, stuck, entries, now)

    def held_back(self, dataset: str) -> tuple[NextStart, ...]:
        """What keeps alarms, and nothing else, from starting a run: a rollback that happened by itself."""
        stated, back_since = self._stated(dataset), rolled_back_by_itself(self.registry.champion(dataset))
        return (hold_after_rollback(back_since, stated),) if stated and back_since else ()

    def _is_stuck(
        self, dataset: str, state: AlarmState, entries: list[LedgerEntry], stated: Yield, now: datetime
    ) -> bool:
        """Whether people are to be called now; else the alarm asks again when it is time, or a timer is set.

        An alarm that came on under the champion before says nothing of this one until that is measured.
        """
        asked = entries_of(state, entries)
        tries = self._tries(asked)
        last_start = max(self.runs.recent_starts(dataset, 1), default=None)
        champion = self.registry.champion(dataset)
        step = next_step(asked, tries, last_start, rolled_back_by_itself(champion), stated)
        if step is None:
            return False
        if step.at > now:
            self.timers.wake(dataset, step.at, now)
        elif champion and came_after(champion, state, stated, now) and not self._is_measured(dataset, champion, stated):
            self.timers.wake(dataset, now + duration(stated.reexamine_after), now)
            return False
        elif isinstance(step, AskAgain):
            self.ledger.record(asking_again(dataset, state, step, stated), now)
        return step.at <= now and not isinstance(step, AskAgain)

    def _is_measured(self, dataset: str, champion: dict[str, Any], stated: Yield) -> bool:
        series = self.files.find(ObservedLayout(dataset).series, YieldSeries)
        return is_measured(champion, series.measure if series else None, stated)

    def _call_people(self, dataset: str, stuck: list[AlarmState], entries: list[LedgerEntry], now: datetime) -> None:
        """Tell of all of them at once: two alarms on one yield are one matter."""
        first = stuck[0]
        tries = self._tries([each for state in stuck for each in entries_of(state, entries)])
        told = [f"{each.run_id}: {each.outcome}" for each in tries]
        subject, body = stuck_alarm_notice(dataset, [each.alarm for each in stuck], first.at, told)
        identifier = identity("stuck", first.alarm, first.at)
        kind = "ALARM_STAYS_ON"
        self.notices.send(Notice(notification_id=identifier, dataset=dataset, kind=kind, subject=subject, body=body))
        for state in stuck:
            self.states.note_told(dataset, state, now.isoformat())

    def _tries(self, asked: list[LedgerEntry]) -> list[Try]:
        return [_try(run_id, self.runs.get(run_id) or {}) for run_id in runs_of(asked)]

    def _settle(self, dataset: str, arrival_id: str, run_id: str) -> None:
        why = "a run that an alarm had asked for was in progress"
        self.ledger.settle(dataset, arrival_id, ArrivalState.DONE, run_id, reason=why)

    def _stated(self, dataset: str) -> Yield | None:
        return self.contracts[dataset].contract.observed_yield if dataset in self.contracts.ids else None


def _is_among(alarms: Sequence[LedgerEntry], arrival_ids: Sequence[str]) -> bool:
    """Whether what a run took has an alarm in it."""
    return any(each.arrival.arrival_id in arrival_ids for each in alarms)


def _try(run_id: str, run: dict[str, Any]) -> Try:
    is_over, verdict = run.get("status") != Status.RUNNING, run.get("verdict") or {}
    ended_at = (run.get("ended_at") or run.get("started_at")) if is_over else None
    outcome = verdict.get("outcome") or run.get("status") or "unknown"
    reasons = " ".join(verdict.get("reasons", ()))
    said = f"{outcome}. {reasons}".strip() if verdict else f"{outcome}. {run.get('error', '')}".strip()
    return Try(run_id, datetime.fromisoformat(ended_at) if ended_at else None, said)
