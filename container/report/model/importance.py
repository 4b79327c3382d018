"""Which features move predictions, and by how much: one bar each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from container.explanation import Values, contributions, work
from container.model import Model
from container.report.figures import share
from container.report.model.chart import Plot, write
from container.report.model.subject import Subject
from container.rows import matrix

MOST = 20  # features; the rest are summed up
ROW, TOP, NAMES, BARS = 24, 10, 210, 300
LONGEST = 30  # letters of a name
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
        title = "What moves predictions" if len(now) == 1 else f"What moves the {predictor}"
        note = "Share of the mean size of what each feature adds to or takes from a prediction."
        note += " The upright line marks the champion’s share." if known else ""
        shown = weights(names, shares, known)
        pictures.append(picture(f"importance_{predictor}", title, shown, note))
    return pictures


def weights(names: Sequence[str], now: Values, before: dict[str, float] | None = None) -> list[Weight]:
    """The largest first; beyond twenty, all others as one."""
    order = np.argsort(-now, kind="stable")
    shown = order if len(names) <= MOST + 1 else order[:MOST]
    listed = [Weight(names[place], float(now[place]), before.get(names[place]) if before else None) for place in shown]
    if len(shown) < len(names):
        kept = {weight.name for weight in listed}
        others = sum(value for name, value in before.items() if name not in kept) if before else None
        rest = len(names) - len(shown)
        listed.append(Weight(f"{rest} others together", float(now[order[MOST:]].sum()), others))
    return listed


def picture(name: str, title: str, listed: Sequence[Weight], note: str) -> Plot:
    """A bar per feature; a notch marks the champion's share."""
    longest = max((value for each in listed for value in (each.now, each.before or 0.0)), default=0.0) or 1.0
    drawn = []
    for line, each in enumerate(listed):
        y = TOP + line * ROW
        label = each.name if len(each.name) <= LONGEST else f"{each.name[: LONGEST - 1]}…"
        drawn.append(write(NAMES - 10, y + 16, label, "tick end"))
        width = max(each.now / longest * BARS, 1.0)
        drawn.append(f'<rect class="right" x="{NAMES}" y="{y + 5}" width="{width:.1f}" height="14" rx="1"/>')
        if each.before is not None:
            x = NAMES + each.before / longest * BARS
            drawn.append(f'<path class="line champion solid" d="M{x:.1f} {y + 2}v20"/>')
        end = NAMES + max(each.now, each.before or 0.0) / longest * BARS + 8
        drawn.append(write(end, y + 16, share(each.now), "tick"))
    words = "; ".join(f"{each.name} {share(each.now)}" for each in listed[:8])
    height = TOP + len(listed) * ROW + 6
    return Plot(name, title, words, "".join(drawn), note, NAMES + BARS + 60, height)


def _shares(subject: Subject, model: Model) -> dict[str, Values]:
    table = subject.rows.table
    most = int(np.clip(WORK // max(work(model), 1), 50, MOST_EXPLAINED))
    if table.num_rows > most:
        table = table.take(np.unique(np.linspace(0, table.num_rows - 1, most).astype(np.int64)))
    found = contributions(model, matrix(table, model.signature))
    return {name: each.importance() for name, each in found.items()}
