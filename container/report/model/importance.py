"""Which features move predictions, and by how much: one bar each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.model import Model
from container.report.figures import share
from container.report.model.chart import Plot, write
from container.report.model.subject import Subject
from container.rows import matrix

MOST = 20  # features; the rest are summed up
ROW, TOP, NAMES, BARS, FIGURE = 24, 10, 190, 220, 54
TITLES = {"event": "What moves whether it comes", "duration": "What moves after how many days"}
LONGEST = 28  # letters of a name
MOST_EXPLAINED = 2_000  # rows that the shares rest on
WORK = 900_000_000  # bytes of trees to go down through for them: about a second


@dataclass(frozen=True)
class Weight:
    """One feature's share of all that moves predictions, in the challenger and in the champion."""

    name: str
    now: float
    before: float | None = None


def plots(subject: Subject) -> list[Plot]:
    """One picture per predictor of the challenger; the champion's share as a notch, where it could be scored."""
    if not subject.predictions:
        return []
    challenger, champion = subject.challenger, subject.champion
    now = _shares(subject, challenger)
    before = _shares(subject, champion) if champion else {}
    names = [feature.name for feature in challenger.signature.features]
    pictures = []
    for predictor, shares in now.items():
        known = None
        if champion and predictor in before:
            listed = [feature.name for feature in champion.signature.features]
            known = dict(zip(listed, before[predictor].tolist(), strict=True))
        title = TITLES.get(predictor, "What moves predictions")
        note = "Share of the mean size of what each feature adds to or takes from a prediction."
        note += " Green: the challenger; blue line and figure: the champion." if known else ""
        shown = weights(names, shares, known)
        pictures.append(picture(f"importance_{predictor}", title, shown, note))
    return pictures


def weights(names: Sequence[str], now: NDArray[np.float64], before: dict[str, float] | None = None) -> list[Weight]:
    """The largest first; of many features those that matter most to either model, and all others as one."""
    known = {} if before is None else before
    order = np.argsort(-now, kind="stable").tolist()
    if len(names) > MOST + 1:
        either = np.maximum(now, [known.get(name, 0.0) for name in names])
        most = set(np.argsort(-either, kind="stable")[:MOST].tolist())
        order = [place for place in order if place in most]
    listed = [Weight(names[place], float(now[place]), known.get(names[place])) for place in order]
    if len(order) < len(names):
        rest = f"{len(names) - len(order)} others together"
        others = None if before is None else 1 - sum(each.before or 0.0 for each in listed)
        listed.append(Weight(rest, 1 - sum(each.now for each in listed), others))
    return listed


def picture(name: str, title: str, listed: Sequence[Weight], note: str) -> Plot:
    """A bar per feature; a notch and a second figure tell the champion's share."""
    longest = max((value for each in listed for value in (each.now, each.before or 0.0)), default=0.0) or 1.0
    compared = any(each.before is not None for each in listed)
    drawn = []
    for line, each in enumerate(listed):
        y = TOP + line * ROW
        label = each.name if len(each.name) <= LONGEST else f"{each.name[: LONGEST - 1]}…"
        drawn.append(write(NAMES - 10, y + 16, label, "tick end"))
        width = max(each.now / longest * BARS, 1.0)
        drawn.append(f'<rect class="right" x="{NAMES}" y="{y + 5}" width="{width:.1f}" height="14" rx="1"/>')
        drawn.append(write(NAMES + BARS + FIGURE, y + 16, share(each.now), "end challenger"))
        if each.before is not None:
            x = NAMES + each.before / longest * BARS
            drawn.append(f'<path class="line champion solid" d="M{x:.1f} {y + 2}v20"/>')
            drawn.append(write(NAMES + BARS + 2 * FIGURE, y + 16, share(each.before), "end champion"))
    words = "; ".join(f"{each.name} {share(each.now)}" for each in listed[:8])
    width, height = NAMES + BARS + (2 if compared else 1) * FIGURE + 4, TOP + len(listed) * ROW + 6
    return Plot(name, title, words, "".join(drawn), note, width, height)


def _shares(subject: Subject, model: Model) -> dict[str, NDArray[np.float64]]:
    table = subject.rows.table
    most = int(np.clip(WORK // max(_work(model), 1), 50, MOST_EXPLAINED))
    if table.num_rows > most:
        table = table.take(np.unique(np.linspace(0, table.num_rows - 1, most).astype(np.int64)))
    found = model.contributions(matrix(table, model.signature))
    return {name: each.importance() for name, each in found.items()}


def _work(model: Model) -> int:
    """How much work one row is, roughly: the bytes of the trees that it goes down."""
    return sum(len(predictor.save()) for predictor in model.predictors.values())
