"""Hyperparameters: SageMaker hands them over as text."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

Value = str | int | float

COMMON: dict[str, Value] = {
    "max_depth": 4,
    "eta": 0.05,
    "min_child_weight": 1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "lambda": 1,
    "alpha": 0,
    "gamma": 0,
    "max_bin": 256,
    "num_round": 1000,
    "early_stopping_rounds": 50,
    "seed": 17,
}
OPTIONAL = ("colsample_bylevel", "colsample_bynode", "max_cat_threshold", "max_cat_to_onehot", "max_delta_step")
OF_THE_LOOP = ("num_round", "early_stopping_rounds")


class UnknownHyperparameter(ValueError):
    """A hyperparameter that this container does not know."""


@dataclass(frozen=True)
class Choices:
    """What a task lets its user choose: defaults of its own, more names, and what may be minimised."""

    defaults: Mapping[str, Value]
    more: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()  # the first one is the default; without any, the task chooses

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.defaults, *OPTIONAL, *self.more, *(("objective",) if len(self.objectives) > 1 else ()))


@dataclass(frozen=True)
class Hyperparameters:
    """What every booster of a model is trained with."""

    values: dict[str, Value]

    @classmethod
    def read(cls, path: Path, choices: Choices) -> "Hyperparameters":
        """Read SageMaker's file over the defaults; an unknown name is refused, so that a typing error shows."""
        given = json.loads(path.read_text()) if path.exists() else {}
        for name in given:
            _known(name, choices.names, "hyperparameter")
        objective = given.pop("objective", None)
        values = {**choices.defaults, **{name: _number(name, value) for name, value in given.items()}}
        if choices.objectives:
            values["objective"] = objective or choices.objectives[0]
            _known(str(values["objective"]), choices.objectives, "objective")
        return cls(values)

    def of_xgboost(self) -> dict[str, Value]:
        return {name: value for name, value in self.values.items() if name not in OF_THE_LOOP}

    @property
    def num_round(self) -> int:
        return int(self.values["num_round"])

    @property
    def early_stopping_rounds(self) -> int:
        return int(self.values["early_stopping_rounds"])


def _known(name: str, names: Collection[str], kind: str) -> None:
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise UnknownHyperparameter(f"unknown {kind} {name}{hint} Known: {', '.join(names)}")


def _number(name: str, value: Value) -> Value:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise UnknownHyperparameter(f"hyperparameter {name} is {value!r}, which is not a number")
    if name in OF_THE_LOOP and number < 1:
        raise UnknownHyperparameter(f"hyperparameter {name} is {value}; it must be at least 1")
    return int(number) if number.is_integer() else number
