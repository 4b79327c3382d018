"""Charts as SVG: two axes and what lies between them, coloured by the page's own style sheet."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup, escape

from container.report.figures import figure
from evergreen.evaluation import Role

STYLE = Path(__file__).parents[1] / "templates" / "chart.css"
WIDTH, HEIGHT = 460, 320
LEFT, RIGHT, TOP, BOTTOM = 68, 16, 34, 48
LETTER = 6.6  # the width of one, about, by which legends are laid out
ON_PAPER = {"--paper": "#ffffff", "--ink": "#1c2321", "--soft": "#5b6562", "--line": "#dcdfd9"}
ON_PAPER |= {"--green": "#1f6f50", "--blue": "#4a56c8", "--grey": "#7c8682"}

Point = tuple[float, float]
ORDER: tuple[Role, ...] = ("baseline", "champion", "challenger")  # from back to front


@dataclass(frozen=True)
class Plot:
    """A chart with its words; the same inside the page and as a file of its own."""

    name: str  # of its file
    title: str
    words: str  # for those who do not see it
    body: str
    note: str = ""  # below it
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def inline(self) -> Markup:
        """For the page, whose style sheet colours it."""
        return Markup(self._svg("", ""))  # noqa: S704  (made here, all text in it escaped)

    @property
    def standalone(self) -> str:
        """For whoever shows a file: colours of its own, on white."""
        style = re.sub(r"var\((--\w+)\)", lambda found: ON_PAPER[found[1]], STYLE.read_text())
        paper = f'<style>{style}</style><rect width="{self.width}" height="{self.height}" fill="#fff"/>'
        return self._svg(' xmlns="http://www.w3.org/2000/svg" font-family="Helvetica, Arial, sans-serif"', paper)

    def _svg(self, attributes: str, first: str) -> str:
        box = f'viewBox="0 0 {self.width} {self.height}"'
        label = f'role="img" aria-label="{escape(f"{self.title}. {self.words}")}"'
        return f'<svg class="chart" {box} {label}{attributes}>{first}{self.body}</svg>'


@dataclass(frozen=True)
class Axis:
    """One direction: what it measures and from where to where, with ticks at round numbers or at marks."""

    label: str
    low: float = 0.0
    high: float = 1.0
    share: bool = False  # written as per cent
    marks: tuple[tuple[float, str], ...] = ()  # in place of round numbers

    @classmethod
    def of_names(cls, label: str, names: Sequence[str]) -> "Axis":
        """Equal parts from 0 on, each with its name in the middle."""
        return cls(label, 0.0, float(len(names)), marks=tuple((place + 0.5, name) for place, name in enumerate(names)))

    @classmethod
    def of_edges(cls, label: str, edges: Sequence[str]) -> "Axis":
        """Equal parts from 0 on, between named edges."""
        marks = tuple((float(place), edge) for place, edge in enumerate(edges))
        return cls(label, 0.0, float(max(len(edges) - 1, 1)), marks=marks)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and what is written there."""
        if self.marks:
            return list(self.marks)
        step = round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(place * step, self._text(place * step)) for place in range(first, last + 1)]

    def _text(self, value: float) -> str:
        return f"{100 * value:.4g}%" if self.share else figure(float(f"{value:.10g}"))


def round_step(size: float) -> float:
    """The nearest of 1, 2, 5, 10 … that is not below."""
    if not math.isfinite(size) or size <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size * (1 - 1e-9))


@dataclass
class Chart:
    """A chart that is being drawn, from back to front."""

    x: Axis
    y: Axis
    width: int = WIDTH
    height: int = HEIGHT
    parts: list[str] = field(default_factory=list)
    key: list[tuple[str, str]] = field(default_factory=list)  # a mark's class, and what it stands for

    def at(self, x: float, y: float) -> Point:
        """Where a pair of values lies; beyond the axes' ends at their ends."""
        across = (x - self.x.low) / ((self.x.high - self.x.low) or 1)
        up = (y - self.y.low) / ((self.y.high - self.y.low) or 1)
        across, up = min(max(across, 0.0), 1.0), min(max(up, 0.0), 1.0)
        right, bottom = self.width - RIGHT, self.height - BOTTOM
        return LEFT + across * (right - LEFT), bottom - up * (bottom - TOP)

    def line(self, points: Sequence[Point], kind: str, label: str = "") -> None:
        """A line through points, each as x and y."""
        if points:
            self.parts.append(f'<path class="line {kind}" d="{path(self.at(*point) for point in points)}"/>')
        self._explain(f"line {kind}", label)

    def dots(self, points: Sequence[Point], kind: str, label: str = "") -> None:
        """A dot at each point."""
        for x, y in (self.at(*point) for point in points):
            self.parts.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        self._explain(f"dot {kind}", label)

    def spans(self, spans: Sequence[tuple[float, float, float]], kind: str) -> None:
        """An upright line from low to high, at each x."""
        lines = (path((self.at(x, low), self.at(x, high))) for x, low, high in spans)
        self.parts.append(f'<path class="span {kind}" d="{"".join(lines)}"/>')

    def boxes(self, boxes: Sequence[tuple[float, float, float, float]], kind: str) -> None:
        """Filled boxes, each from left and low to right and high; one path, so that many stay small."""
        drawn = []
        for left, low, right, high in boxes:
            (x0, y0), (x1, y1) = self.at(left, low), self.at(right, high)
            drawn.append(f"M{x0:.1f} {y0:.1f}H{x1:.1f}V{y1:.1f}H{x0:.1f}z")
        if drawn:
            self.parts.append(f'<path class="{kind}" d="{"".join(drawn)}"/>')

    def finish(self, name: str, title: str, words: str, note: str = "") -> Plot:
        """The chart with axes and legend around it."""
        body = f"{self._grid()}{''.join(self.parts)}{self._legend()}"
        return Plot(name, title, words, body, note, self.width, self.height)

    def _explain(self, kind: str, label: str) -> None:
        if label and label not in (known for _, known in self.key):
            self.key.append((kind, label))

    def _grid(self) -> str:
        right, bottom = self.width - RIGHT, self.height - BOTTOM
        drawn = []
        for value, text in self.y.ticks():
            _, y = self.at(self.x.low, value)
            drawn.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
            drawn.append(write(LEFT - 6, y + 4, text, "tick end"))
        for value, text in self.x.ticks():
            x, _ = self.at(value, self.y.low)
            drawn.append(write(x, bottom + 17, text, "tick middle"))
        drawn.append(f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>')
        drawn.append(write((LEFT + right) / 2, self.height - 10, self.x.label, "label middle"))
        middle = (TOP + bottom) / 2
        turned = f'transform="rotate(-90 14 {middle:.0f})"'
        drawn.append(f'<text class="label middle" x="14" y="{middle:.0f}" {turned}>{escape(self.y.label)}</text>')
        return "".join(drawn)

    def _legend(self) -> str:
        drawn, x = [], float(LEFT)
        for kind, label in self.key:
            mark = f'<path class="{kind}" d="M{x:.0f} 14h18"/>'
            if kind.startswith("dot"):
                mark = f'<circle class="{kind}" cx="{x + 9:.0f}" cy="14" r="4"/>'
            drawn += [mark, write(x + 24, 18, label, "tick")]
            x += 24 + LETTER * len(label) + 16
        return "".join(drawn)


def path(points: object) -> str:
    """A line through places of the picture."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)  # type: ignore[attr-defined]


def write(x: float, y: float, text: str, kind: str) -> str:
    """Text at a place of the picture."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
