"""The observed yield as people look at it: points against the threshold, with what happened beside them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from evergreen.champions import Entry
from evergreen.observed_yield import Yield
from evergreen.strict import Strict
from evergreen.yield_series import Point, YieldSeries, points

MARKS = {"alarm": "!", "promotion": "^", "rollback": "v"}


class Happening(Strict):
    """Something that changed the yield, or was done because of it."""

    at: datetime
    kind: Literal["alarm", "promotion", "rollback"]
    words: str


class YieldStory(Strict):
    """What `evergreen yield` shows."""

    dataset: str
    stated: Yield
    points: tuple[Point, ...]
    happenings: tuple[Happening, ...]
    samples: int = 0  # of the newest window
    observed_yield: float | None = None  # None: no verdict
    bound: float | None = None
    model: str | None = None
    alarms: dict[str, str]  # state by name


def story(
    series: YieldSeries, entries: Sequence[Entry], runs: Iterable[Mapping[str, Any]], alarms: Mapping[str, str]
) -> YieldStory:
    """Put together what the series, the registry and the alarms say of one data set."""
    stated = series.stated or Yield(threshold=0.5)
    measure = series.measure
    verdict = measure is not None and measure.samples >= stated.samples_needed
    happened = sorted([*_changes(entries), *_alarms(runs)], key=lambda each: each.at)
    return YieldStory(
        dataset=series.dataset,
        stated=stated,
        points=tuple(each for each in points(series, stated) if each.bound is not None),
        happenings=tuple(happened),
        samples=measure.samples if measure else 0,
        observed_yield=measure.share() if measure and verdict else None,
        bound=measure.bound(stated.confidence_level) if measure and verdict else None,
        model=measure.model if measure else None,
        alarms=dict(alarms),
    )


def _changes(entries: Sequence[Entry]) -> Iterable[Happening]:
    for entry in entries:
        if entry.event == "PROMOTED":
            yield Happening(at=_moment(entry.at), kind="promotion", words=f"{entry.run_id} became champion")
        elif entry.event == "ROLLED_BACK":
            yield Happening(at=_moment(entry.at), kind="rollback", words=f"rolled back to {entry.run_id}")


def _alarms(runs: Iterable[Mapping[str, Any]]) -> Iterable[Happening]:
    for run in runs:
        for cause in run.get("causes", ()):
            if str(cause).startswith("alarm "):
                name = str(cause).removeprefix("alarm ").partition(":")[0]
                words = f"{name} asked for {run['run_id']}"
                yield Happening(at=_moment(run["started_at"]), kind="alarm", words=words)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
