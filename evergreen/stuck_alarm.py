"""An alarm that is still on after the run that it asked for: when it asks again, and when people are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evergreen.arrivals import Arrival
from evergreen.champions import BY_ITSELF
from evergreen.durations import duration
from evergreen.ledger import ArrivalState, LedgerEntry
from evergreen.observed_yield import Yield
from evergreen.pacing import NextStart, Rule
from evergreen.requests import identity
from evergreen.strict import Strict
from evergreen.yield_series import Measure

_LONGEST_UNMEASURED = timedelta(days=7)


class AlarmState(Strict):
    """What is known of one alarm."""

    alarm: str
    is_on: bool
    at: str  # ISO 8601, UTC: its last change
    told_at: str | None = None  # when people were told that runs do not help


@dataclass(frozen=True)
class Try:
    """One run that an alarm asked for."""

    run_id: str
    ended_at: datetime | None  # None: it is in progress
    outcome: str  # in words


@dataclass(frozen=True)
class AskAgain:
    """A further run is to be asked for, at this time."""

    at: datetime
    number: int  # of the re-examination, from 1


@dataclass(frozen=True)
class CallPeople:
    """No further run is asked for; people are to be told, at this time."""

    at: datetime


def entries_of(state: AlarmState, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """What the alarm has asked for since it came on."""
    return [each for each in entries if (each.arrival.alarm, each.arrival.alarm_since) == (state.alarm, state.at)]


def runs_of(asked: Sequence[LedgerEntry]) -> list[str]:
    """The runs that took what an alarm asked for, oldest first."""
    return sorted({each.run_id for each in asked if each.run_id and each.was_taken})


def next_step(
    asked: Sequence[LedgerEntry],
    tries: Sequence[Try],
    last_start: datetime | None,
    rolled_back_at: datetime | None,
    stated: Yield,
) -> AskAgain | CallPeople | None:
    """What comes next for an alarm that is on; nothing while a run is in progress, or waits to start.

    Any later run or rollback puts it off, for it may have helped.
    """
    waits = any(each.state == ArrivalState.WAITING for each in asked)
    ended = [each.ended_at for each in tries if each.ended_at]
    if waits or not tries or len(ended) < len(tries):
        return None
    after = max([*ended, *(each for each in (last_start, rolled_back_at) if each)])
    so_far = len(asked) - 1  # re-examinations; a run may have taken two of them, when one before it failed
    at = after + duration(stated.reexamine_after) * 2**so_far
    return AskAgain(at, so_far + 1) if so_far < stated.reexaminations else CallPeople(at)


def came_after(champion: dict[str, Any] | None, state: AlarmState, stated: Yield, now: datetime) -> bool:
    """Whether the champion is newer than the alarm, which then may be of the one before; after a week of that nobody
    waits for its measure any more. Who measures the yield by themselves is not waited for either."""
    promoted_at = (champion or {}).get("promoted_at")
    if not (promoted_at and stated.good_when):
        return False
    since = datetime.fromisoformat(promoted_at)
    return datetime.fromisoformat(state.at) < since and now - since <= _LONGEST_UNMEASURED


def is_measured(champion: dict[str, Any], measure: Measure | None, stated: Yield) -> bool:
    """Whether a window of the champion's own items has been judged, by which the alarm goes off or stays on."""
    if measure is None or measure.samples < stated.samples_needed:
        return False
    if measure.model is None:
        return measure.at > datetime.fromisoformat(champion["promoted_at"])
    return bool(measure.model == champion["run_id"])


def asking_again(dataset: str, state: AlarmState, step: AskAgain, stated: Yield) -> Arrival:
    """The arrival of a re-examination; the same one whenever it is made."""
    return Arrival(
        arrival_id=identity("alarm", state.alarm, state.at, str(step.number)),
        dataset=dataset,
        kind="alarm",
        cause=f"alarm {state.alarm}: still on since {state.at[:16]} UTC although a run has ended "
        f"(re-examination {step.number} of {stated.reexaminations})",
        at=step.at.isoformat(timespec="seconds"),
        alarm=state.alarm,
        alarm_since=state.at,
    )


def rolled_back_by_itself(champion: dict[str, Any] | None) -> datetime | None:
    """When the champion came back by itself, if that is how it came."""
    at = (champion or {}).get("rolled_back_at")
    return datetime.fromisoformat(at) if at and (champion or {}).get("by") == BY_ITSELF else None


def hold_after_rollback(rolled_back_at: datetime, stated: Yield) -> NextStart:
    """What keeps an alarm from starting a run at once after a rollback: the champion that is back has a low yield."""
    why = f"a rollback brought the champion back; alarms ask again {stated.reexamine_after} later (reexamine_after)"
    return NextStart(at=rolled_back_at + duration(stated.reexamine_after), rule=Rule.AFTER_ROLLBACK, why=why)
