"""Generated rows of thirty features, as numbers and as the text of requests."""

import json
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

COUNTS, AMOUNTS, RATIOS = range(10), range(10, 20), range(20, 30)
FEATURES = tuple(f"f{place}" for place in range(30))
MISSING = 0.03


def generate(rows: int, seed: int) -> Values:
    """Counts, amounts of money with two decimals and ratios with six, some of each missing."""
    chance, ranges = np.random.default_rng(seed), np.random.default_rng(7)
    values = np.empty((rows, len(FEATURES)))
    values[:, COUNTS] = chance.poisson(ranges.uniform(2, 200, len(COUNTS)), (rows, len(COUNTS)))
    values[:, AMOUNTS] = np.round(chance.lognormal(3.5, 1.2, (rows, len(AMOUNTS))), 2)
    values[:, RATIOS] = np.round(chance.beta(2, 3, (rows, len(RATIOS))), 6)
    values[chance.random(values.shape) < MISSING] = np.nan
    return values


def targets(values: Values) -> Values:
    """A number that depends on every feature, so that trees are grown to their full depth."""
    known = np.nan_to_num(values)
    found = np.sin(known[:, 0] / 3) + np.log1p(known[:, 10]) * known[:, 20] - 4 * known[:, 21] * known[:, 22]
    found += 1.2 * (known[:, 11] > 30) * (known[:, 1] > 50)
    for place in range(len(FEATURES)):
        found += 0.15 * np.sin((place + 1) * np.log1p(known[:, place]))
    return np.asarray(found + np.random.default_rng(11).normal(0, 0.7, len(values)))


@dataclass(frozen=True)
class Text:
    """Rows as the forms in which servers take them."""

    values: Values

    @property
    def lines(self) -> list[str]:
        return [",".join(_cell(value, place) for place, value in enumerate(row)) for row in self.values.tolist()]

    @property
    def csv(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def csv_with_header(self) -> str:
        return ",".join(FEATURES) + "\n" + self.csv

    @property
    def instances(self) -> str:
        return json.dumps({"instances": self._cells})

    @property
    def dataframe_split(self) -> str:
        return json.dumps({"dataframe_split": {"columns": FEATURES, "data": self._cells}})

    @property
    def _cells(self) -> list[list[float | None]]:
        return [[None if isnan(value) else value for value in row] for row in self.values.tolist()]


def _cell(value: float, place: int) -> str:
    if isnan(value):
        return ""
    return str(int(value)) if place in COUNTS else repr(value)
