"""Plots of labels: which class is taken for which, and how well each is told."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from container.report.figures import share
from container.report.model.chart import LETTER, Plot, write
from evergreen.evaluation import Role

MOST = 12  # classes shown one by one; the rarer ones together
COUNTS_UP_TO = 8  # classes, beyond which a cell has no room for a count
SIDE, GAP, TOP, LEFT = 300, 44, 62, 96
SIDE_OF_TWO = 168  # classes: two squares fit beside each other in a column
LONGEST = 14  # letters of a class

SIDE_BY_SIDE: tuple[Role, ...] = ("challenger", "champion")
Labels = NDArray[np.intp]


def matrix(truth: Labels, told: Labels, classes: int) -> NDArray[np.int64]:
    """Rows by their class (down) and the class they are taken for (across)."""
    counts = np.bincount(truth * classes + told, minlength=classes * classes)
    return np.asarray(counts.reshape(classes, classes), dtype=np.int64)


def gathered(counts: NDArray[np.int64], names: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """The most frequent classes, and all the others as one."""
    if len(names) <= MOST:
        return counts, list(names)
    rank = np.argsort(-(counts.sum(axis=1) + counts.sum(axis=0)), kind="stable")
    kept = np.sort(rank[: MOST - 1])
    group = np.full(len(names), MOST - 1)
    group[kept] = np.arange(MOST - 1)
    smaller = np.zeros((MOST, MOST), dtype=np.int64)
    np.add.at(smaller, (group[:, None], group[None, :]), counts)
    return smaller, [*(names[place] for place in kept), f"{len(names) - MOST + 1} others"]


def confusion(by_model: Mapping[Role, NDArray[np.int64]], names: Sequence[str], note: str) -> Plot:
    """One square per model: each row is one actual class, shaded by what share of it is taken for which class."""
    shown = [role for role in SIDE_BY_SIDE if role in by_model]
    side = SIDE_OF_TWO if len(names) == 2 else SIDE
    drawn, words = [], []
    for number, role in enumerate(shown):
        counts, few = gathered(by_model[role], names)
        left = LEFT + number * (side + GAP)
        drawn.append(_square(counts, few, left=left, side=side, role=role, first=number == 0))
        right = int(np.trace(by_model[role]))
        words.append(f"{role}: {right:,} of {int(by_model[role].sum()):,} rows right")
    width = LEFT + len(shown) * (side + GAP)
    drawn.append(_turned("actual", TOP + side / 2))
    plot_height = TOP + side + 22
    return Plot("confusion", "Confusion", "; ".join(words), "".join(drawn), note, width, plot_height)


def _square(counts: NDArray[np.int64], names: Sequence[str], *, left: int, side: int, role: Role, first: bool) -> str:
    size = side / len(names)
    drawn = [write(left, 16, f"{role}: predicted", f"label {role}")]
    for i, name in enumerate(names):
        middle = (i + 0.5) * size
        if first:
            drawn.append(write(left - 6, TOP + middle + 4, _short(name, LONGEST), "tick end"))
        if len(names) <= COUNTS_UP_TO:
            letters = max(int((size - 4) / LETTER), 2)
            drawn.append(write(left + middle, TOP - 8, _short(name, letters), "tick middle"))
    for i, row in enumerate(counts):
        total = int(row.sum())
        for j, count in enumerate(row):
            part = count / total if total else 0.0
            x, y = left + j * size, TOP + i * size
            box = f'x="{x:.1f}" y="{y:.1f}" width="{size - 1:.1f}" height="{size - 1:.1f}"'
            kind = "right" if i == j else "wrong"
            drawn.append(f'<rect class="tint" {box}/>')
            if part:
                drawn.append(f'<rect class="{kind}" fill-opacity="{0.15 + 0.85 * part:.2f}" {box}/>')
            if len(names) <= COUNTS_UP_TO:
                strong = " strong" if part > 0.65 else ""
                drawn.append(write(x + size / 2, y + size / 2 + 1, f"{count:,}", f"count middle{strong}"))
                if total and size > 46:
                    drawn.append(write(x + size / 2, y + size / 2 + 17, share(part), f"inside middle{strong}"))
    return "".join(drawn)


def _turned(text: str, y: float) -> str:
    return f'<text class="label middle" x="12" y="{y:.0f}" transform="rotate(-90 12 {y:.0f})">{text}</text>'


def _short(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: max(letters - 1, 1)]}…"
