"""How well each class is told: of the rows named so, how many are; and of those that are, how many are named."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from container.report.figures import share
from container.report.model.chart import Plot, write
from evergreen.evaluation import Role

MOST = 20  # classes, the most frequent ones
ROW, TOP, NAMES, TRACK, GAP = 24, 52, 140, 240, 28
LONGEST = 20  # letters of a class
ROLES: tuple[Role, ...] = ("champion", "challenger")

Counts = NDArray[np.int64]


def precision(counts: Counts) -> NDArray[np.float64]:
    """By class; NaN where none is named."""
    return _divided(np.diag(counts), counts.sum(axis=0))


def recall(counts: Counts) -> NDArray[np.float64]:
    """By class; NaN where there is none."""
    return _divided(np.diag(counts), counts.sum(axis=1))


def by_class(by_model: Mapping[Role, Counts], names: Sequence[str]) -> Plot:
    """Precision and recall of every class, the most frequent first."""
    rows = by_model["challenger"].sum(axis=1)
    shown = np.argsort(-rows, kind="stable")[:MOST]
    drawn = [write(NAMES + number * (TRACK + GAP), 40, name, "label") for number, name in enumerate(_MEASURES)]
    for line, place in enumerate(shown):
        y = TOP + (line + 0.5) * ROW
        name = names[place] if len(names[place]) <= LONGEST else f"{names[place][: LONGEST - 1]}…"
        drawn.append(write(NAMES - 10, y + 4, name, "tick end"))
        for number, measure in enumerate(_MEASURES.values()):
            values = {role: float(measure(by_model[role])[place]) for role in ROLES if role in by_model}
            drawn.append(_track(NAMES + number * (TRACK + GAP), y, values))
    drawn.append(_key(by_model))
    told = (f"{names[place]}: {_told(by_model['challenger'], int(place))}" for place in shown[:5])
    more = f" The {len(names) - MOST} rarest classes are not shown." if len(names) > MOST else ""
    note = "Precision: of the rows named so, how many are. Recall: of the rows that are, how many are named." + more
    width, height = NAMES + 2 * TRACK + GAP + 44, TOP + len(shown) * ROW + 8
    return Plot("by_class", "Each class", "; ".join(told), "".join(drawn), note, width, height)


def _track(left: float, y: float, values: Mapping[Role, float]) -> str:
    drawn = [f'<path class="grid" d="M{left} {y:.1f}h{TRACK - 48}"/>']
    for role, value in values.items():
        if np.isfinite(value):
            x = left + value * (TRACK - 48)
            drawn.append(f'<circle class="dot {role}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
    last = values["challenger"]
    drawn.append(write(left + TRACK - 40, y + 4, share(last) if np.isfinite(last) else "–", "tick"))
    return "".join(drawn)


def _key(by_model: Mapping[Role, Counts]) -> str:
    drawn, x = [], float(NAMES)
    for role in ROLES:
        if role in by_model:
            drawn.append(f'<circle class="dot {role}" cx="{x + 5:.0f}" cy="14" r="4.5"/>')
            drawn.append(write(x + 16, 18, role, "tick"))
            x += 110
    return "".join(drawn)


def _told(counts: Counts, place: int) -> str:
    found = (float(measure(counts)[place]) for measure in _MEASURES.values())
    shown = (share(value) if np.isfinite(value) else "none" for value in found)
    return ", ".join(f"{name.lower()} {value}" for name, value in zip(_MEASURES, shown, strict=True))


def _divided(above: Counts, below: Counts) -> NDArray[np.float64]:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))


_MEASURES = {"Precision": precision, "Recall": recall}
