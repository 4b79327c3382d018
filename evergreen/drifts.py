"""The drifts that a simulated line can show: each named, and what of it is invented said in words."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Literal

from evergreen.columns import Column
from evergreen.contract import Contract
from evergreen.errors import UserMustAct
from evergreen.targets import ColumnTarget

Row = Mapping[str, str]  # as a file has it: text by column
DriftName = Literal["shifted-sensor", "scaled-sensor", "random-labels"]
DRIFTS: tuple[DriftName, ...] = ("shifted-sensor", "scaled-sensor", "random-labels")
_SHIFT_IN_DEVIATIONS = 3.0
_FACTOR = 1.5
_RANDOM_SHARE = 0.5


@dataclass(frozen=True)
class Drift:
    """One drift: what it does to a row as it is measured, and to its outcome."""

    name: DriftName
    sentence: str  # what is simulated
    measure: Callable[[dict[str, str]], None] | None = None
    outcome: Callable[[str, random.Random], str] | None = None


def drift_named(name: str, contract: Contract, rows: Sequence[Row], column: str | None, by: float | None) -> Drift:
    """The drift of this name on a column, by default one that the rows tell. Raises UserMustAct."""
    match name:
        case "shifted-sensor":
            sensor = _sensor(contract, column)
            added = by if by is not None else _SHIFT_IN_DEVIATIONS * pstdev(_values(rows, sensor))
            said = f"the sensor of {sensor!r} reads {added:+.4g} ({fmean(_values(rows, sensor)):.4g} on average before)"
            return _on_sensor("shifted-sensor", contract, sensor, said, lambda value: value + added)
        case "scaled-sensor":
            sensor = _sensor(contract, column)
            factor = by if by is not None else _FACTOR
            said = f"the sensor of {sensor!r} reads {factor:g} times what it should"
            return _on_sensor("scaled-sensor", contract, sensor, said, lambda value: value * factor)
        case "random-labels":
            return _random_labels(contract, rows, _RANDOM_SHARE if by is None else by)
        case _:
            raise UserMustAct(f"no drift {name!r}; there are: none, {', '.join(DRIFTS)}")


def label_of(contract: Contract) -> str:
    """The column that holds the outcome. Raises UserMustAct for an event log, of which no line can be played."""
    if not isinstance(contract.target, ColumnTarget):
        raise UserMustAct(f"{contract.id} is an event log; a line has a table's rows, one for each item")
    return contract.target.column


def _random_labels(contract: Contract, rows: Sequence[Row], share: float) -> Drift:
    if not 0 < share <= 1:
        raise UserMustAct(f"random-labels takes the share of items whose outcome is drawn, not {share:g}")
    labels = sorted({row[label_of(contract)] for row in rows if row.get(label_of(contract))})

    def drawn(true: str, chance: random.Random) -> str:
        return chance.choice(labels) if chance.random() < share else true

    sentence = (
        f"the outcome of {share:.0%} of the items is drawn at random among {', '.join(labels)}; nothing can learn that"
    )
    return Drift("random-labels", sentence, outcome=drawn)


def _on_sensor(name: DriftName, contract: Contract, sensor: str, said: str, change: Callable[[float], float]) -> Drift:
    column = contract.input.columns[sensor]

    def measure(row: dict[str, str]) -> None:
        if row.get(sensor):
            row[sensor] = _text(change(_number(row[sensor], sensor)), column)

    bounds = f", never beyond {column.min} to {column.max}" if column.min is not None or column.max is not None else ""
    return Drift(name, f"{said}{bounds}; what became of the item stays as it was", measure=measure)


def _sensor(contract: Contract, column: str | None) -> str:
    taken = (contract.entity, label_of(contract))
    found = [
        name
        for name, each in contract.input.columns.items()
        if each.type in ("number", "integer") and each.feature and name not in taken
    ]
    if column is None and found:
        return found[0]
    if column not in found:
        raise UserMustAct(f"{column!r} is no sensor of {contract.id}; it has: {', '.join(found) or 'none'}")
    return column


def _values(rows: Sequence[Row], sensor: str) -> list[float]:
    return [_number(row[sensor], sensor) for row in rows if row.get(sensor)]


def _number(text: str, sensor: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserMustAct(
            f"{sensor!r} is {text!r} in the file, which is no number; a sensor drifts by a number"
        ) from None


def _text(value: float, column: Column) -> str:
    """Within what the column may hold, as a sensor that reads no further; whole where the column is."""
    if isinstance(column.min, int | float):
        value = max(value, column.min)
    if isinstance(column.max, int | float):
        value = min(value, column.max)
    return str(round(value)) if column.type == "integer" else f"{value:.6g}"
