"""What the page says of each column: figures, a picture, and its drift in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from container.report import pictures, sampling
from container.report.drift import incomparable, largest_move
from container.report.figures import about, figure
from container.report.pictures import Picture
from container.report.profile import Categories, ColumnProfile, Counts, Numbers, Profile, Tally, Times
from evergreen.contract import Contract
from evergreen.manifest import ColumnDrift, DataReport
from evergreen.targets import ColumnTarget

VALUES = 5
LONGEST_VALUE = 40
RARE = 0.001  # where even the most frequent value is rarer, none is worth a line
IN_FULL = 200  # columns; of more than this, so many that moved or miss most are shown and the others listed
OF_MANY = 100
FIRST_ROLES = ("target", "entity")  # shown before all others
RANKS = {"large": 2, "moderate": 1, "none": 0}


@dataclass(frozen=True)
class Value:
    """One value of a category, with its share of the rows."""

    name: str
    now: float
    before: float | None


@dataclass(frozen=True)
class ColumnView:
    """One column, ready to be shown."""

    name: str
    type: str
    role: str
    missing: float
    facts: tuple[tuple[str, str], ...]
    picture: Picture | None
    values: tuple[Value, ...]
    drift: ColumnDrift | None
    words: str  # how it moved, or why that is not judged

    @property
    def rank(self) -> tuple[float, float, float]:
        return (RANKS[self.drift.level] if self.drift else 0, self.drift.psi if self.drift else 0, self.missing)


@dataclass(frozen=True)
class Data:
    """The profiles that a page is about; `fresh` are the newly accepted rows by the champion's bins."""

    profile: Profile
    champion: Profile | None
    fresh: Counts | None


def views(data: Data, report: DataReport, contract: Contract) -> tuple[list[ColumnView], list[ColumnView]]:
    """The columns to show, and of very many those to list only."""
    drift = {each.column: each for each in report.drift}
    found = [_view(name, data, drift.get(name), contract) for name in data.profile.columns]
    if len(found) > IN_FULL:
        found.sort(key=lambda view: view.rank, reverse=True)
    found.sort(key=_place)
    if len(found) <= IN_FULL:
        return found, []
    return found[:OF_MANY], found[OF_MANY:]


def _place(view: ColumnView) -> int:
    return FIRST_ROLES.index(view.role) if view.role in FIRST_ROLES else len(FIRST_ROLES)


def _view(name: str, data: Data, drift: ColumnDrift | None, contract: Contract) -> ColumnView:
    column = data.profile.columns[name]
    fresh = data.fresh.columns.get(name) if data.fresh and data.fresh.rows else None
    shown = data.champion.columns[name] if data.champion and fresh else column
    now, before = (fresh, shown.tally) if fresh else (column.tally, None)
    picture: Picture | None = None
    values: tuple[Value, ...] = ()
    match shown.shape:
        case Numbers():
            picture = pictures.of_numbers(shown.shape, now, before)
        case Times():
            picture = pictures.of_times(shown.shape)
        case Categories():
            values = tuple(_values(shown.shape, now, before))
    return ColumnView(
        name=name,
        type=column.type,
        role=_role(name, contract),
        missing=column.tally.missing / data.profile.rows if data.profile.rows else 0.0,
        facts=tuple(_facts(column, data.profile)),
        picture=picture,
        values=values,
        drift=drift if fresh else None,
        words=_words(name, data, fresh, drift, contract),
    )


def _role(name: str, contract: Contract) -> str:
    if name == contract.entity:
        return "entity"
    if isinstance(contract.target, ColumnTarget) and name == contract.target.column:
        return "target"
    if name == contract.time_column:
        return "time"
    return "" if contract.input.columns[name].feature else "no feature"


def _facts(column: ColumnProfile, profile: Profile) -> Iterator[tuple[str, str]]:
    shape = column.shape
    if isinstance(shape, Numbers):
        yield from (("min", figure(shape.min)), ("median", figure(shape.median)), ("max", figure(shape.max)))
        yield "mean", figure(shape.mean)
    if isinstance(shape, Times):
        yield from (("first", shape.first[:10]), ("last", shape.last[:10]))
        return
    yield "distinct", _distinct(column, profile)


def _distinct(column: ColumnProfile, profile: Profile) -> str:
    """How many values a column has: all counted, at least those of the sample, or estimated from it."""
    empty = column.tally.missing == profile.rows
    both = column.type == "boolean" and column.distinct == 2
    if empty or both or profile.rows <= min(sampling.ROWS, sampling.CELLS // len(profile.columns)):
        return f"{column.distinct:,}"
    if isinstance(column.shape, Categories) and column.shape.complete:
        return f"at least {max(column.distinct, 1):,}"
    return about(column.distinct)


def _values(shape: Categories, now: Tally, before: Tally | None) -> Iterator[Value]:
    """The most frequent values, and all the others together."""
    if not shape.complete and now.counts[0] < RARE * sum(now.counts):
        return
    series = [[count / (sum(tally.counts) or 1) for count in tally.counts] for tally in (now, before) if tally]
    shown = len(shape.values) if len(shape.values) <= VALUES + 1 else VALUES
    for place, value in enumerate(shape.values[:shown]):
        name = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
        yield Value(name, series[0][place], series[1][place] if before else None)
    rest = [sum(shares[shown:]) for shares in series]
    if any(rest):
        yield Value("all others" if shown else "any value", rest[0], rest[1] if before else None)


def _words(name: str, data: Data, fresh: Tally | None, drift: ColumnDrift | None, contract: Contract) -> str:
    if data.champion is None or data.fresh is None:
        return ""
    if fresh:
        moved = drift is not None and drift.level != "none"
        return f"Moved most: {largest_move(data.champion.columns[name], fresh)}." if moved else ""
    reason = incomparable(data.champion, contract, name)
    return f"Not compared: {reason}." if reason else ""
