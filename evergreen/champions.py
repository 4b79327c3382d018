"""Every champion a data set had, read from its history; and what a rollback would bring back."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field

from evergreen.errors import UserMustAct
from evergreen.strict import Strict

BY_ITSELF = "evergreen"  # who rolled back, where no person did


class Generation(Strict):
    """One complete set of predictions, as it was published."""

    generation: str
    rows: int
    champion: str
    as_of: str | None = None
    sample: str | None = None  # an entity that has a prediction in it
    segments: dict[str, int] = Field(default={})  # how many predictions are of each


class Entry(Strict):
    """One change of a data set's champion or of what readers see."""

    event: Literal["PROMOTED", "PUBLISHED", "ROLLED_BACK"]
    run_id: str  # whose model, or whose predictions
    at: str  # ISO 8601, UTC
    fence: int = 0  # of the run or rollback: it orders them whatever their clocks said
    replaced: str | None = None
    by: str | None = None  # the person who approved it or rolled back to it
    why: tuple[str, ...] = ()
    champion: dict[str, Any] = Field(default={})  # the model: its place, metrics, verdict
    published: Generation | None = None


class Tenure(Strict):
    """One champion's time in use."""

    run_id: str
    since: str
    until: str | None  # None: in use
    made_by: str  # in words
    why: tuple[str, ...]
    metric: str | None  # the one that decided
    value: float | None
    metrics: dict[str, float]
    generation: str | None  # the newest that was published with it
    ended: str  # in words


class RollbackRefused(UserMustAct):
    """A rollback that would leave readers or runs without something; the message says what, and what would help."""


class RollbackOvertaken(RollbackRefused):
    """Somebody else changed the data set meanwhile; whoever looks again sees whether the rollback is still wanted."""


class Target(Strict):
    """What a rollback brings back."""

    run_id: str
    champion: dict[str, Any]
    promoted_at: str
    published: Generation


def tenures(history: Sequence[Entry]) -> list[Tenure]:
    """Every champion, newest first; one that came back by a rollback is listed again."""
    changes = [place for place, entry in enumerate(history) if entry.event != "PUBLISHED"]
    found = []
    for place, end in pairwise([*changes, len(history)]):
        entry, following = history[place], history[end] if end < len(history) else None
        model = model_of(history, entry.run_id)
        metric = model.get("metric")
        metrics = model.get("metrics", {})
        found.append(
            Tenure(
                run_id=entry.run_id,
                since=entry.at,
                until=following.at if following else None,
                made_by=_made_by(entry),
                why=entry.why,
                metric=metric,
                value=metrics.get(metric),
                metrics=metrics,
                generation=_seen_during(entry, history[place:end]),
                ended=_ended(following),
            )
        )
    return found[::-1]


def model_of(history: Sequence[Entry], run_id: str) -> dict[str, Any]:
    """What the history keeps of a run's model: its place, its metrics, its verdict."""
    return next((entry.champion for entry in reversed(history) if _about(entry, run_id) and entry.champion), {})


def before_current(history: Sequence[Entry]) -> str | None:
    """The champion that was in use before the present one; rolling back twice goes further back, not to and fro."""
    line = line_of(history)
    return line[-2] if len(line) > 1 else None


def generation_of(history: Sequence[Entry], run_id: str) -> Generation | None:
    """The newest generation that was published with a run's model."""
    published = [each.published for each in history if each.event == "PUBLISHED" and each.published]
    return next((each for each in reversed(published) if each.champion == run_id), None)


def rollback_target(history: Sequence[Entry], current: str, to: str | None) -> Target:
    """What a rollback brings back, by default the champion before the present one. Raises RollbackRefused."""
    known = list(dict.fromkeys(entry.run_id for entry in history if entry.event != "PUBLISHED"))
    wanted = to or before_current(history)
    if wanted is None:
        later = [each for each in known if each != current]
        other = f" To a later one: --to {later[-1]}." if later else " Drop better data to get another."
        raise RollbackRefused(f"{current} has no champion before it.{other}")
    if wanted == current:
        raise RollbackRefused(f"{current} is the champion already")
    if wanted not in known:
        raise RollbackRefused(f"{wanted} was never champion; these were: {', '.join(known)}")
    model = model_of(history, wanted)
    if not model.get("model_key"):
        raise RollbackRefused(f"the history does not say where the model of {wanted} lies; choose another with --to")
    published = generation_of(history, wanted)
    if published is None:
        raise RollbackRefused(
            f"nothing was ever published with the model of {wanted}{_with_predictions(history, current)}"
        )
    promoted = next(entry.at for entry in history if entry.event == "PROMOTED" and entry.run_id == wanted)
    return Target(run_id=wanted, champion=model, promoted_at=promoted, published=published)


def _with_predictions(history: Sequence[Entry], current: str) -> str:
    line = [each for each in line_of(history) if each != current and generation_of(history, each)]
    return f"; the nearest champion with predictions: --to {line[-1]}" if line else ""


def line_of(history: Sequence[Entry]) -> list[str]:
    """The champions that led to the present one, each judged against the one before; what was rolled back is not
    among them."""
    line: list[str] = []
    for entry in history:
        if entry.event == "ROLLED_BACK" and entry.run_id in line:
            del line[line.index(entry.run_id) + 1 :]
        elif entry.event != "PUBLISHED":
            line.append(entry.run_id)
    return line


def _about(entry: Entry, run_id: str) -> bool:
    return entry.event != "PUBLISHED" and entry.run_id == run_id


def _seen_during(change: Entry, meanwhile: Sequence[Entry]) -> str | None:
    """The newest generation that readers saw of a champion while it was in use."""
    seen = [each.published for each in meanwhile if each.published and each.published.champion == change.run_id]
    return seen[-1].generation if seen else None


def _made_by(entry: Entry) -> str:
    if entry.event == "ROLLED_BACK":
        return f"rollback by {entry.by}"
    verdict = f"verdict {entry.champion['outcome']}" if "outcome" in entry.champion else "its verdict"
    return f"{verdict}, approved by {entry.by}" if entry.by else verdict


def _ended(following: Entry | None) -> str:
    if following is None:
        return "in use"
    if following.event == "ROLLED_BACK":
        return f"rolled back by {following.by}: {' '.join(following.why)}"
    return f"replaced by {following.run_id}"
