"""Hyperparameters: SageMaker hands them over as text."""

import json
from dataclasses import dataclass
from pathlib import Path

Value = str | int | float

DEFAULTS: dict[str, Value] = {
    "max_depth": 4,
    "eta": 0.05,
    "min_child_weight": 10,
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
OF_THE_LOOP = ("num_round", "early_stopping_rounds")


class UnknownHyperparameter(ValueError):
    """A hyperparameter that this container does not know."""


@dataclass(frozen=True)
class Hyperparameters:
    """What both boosters are trained with."""

    values: dict[str, Value]

    @classmethod
    def read(cls, path: Path) -> "Hyperparameters":
        """Read SageMaker's file over the defaults; an unknown name is refused, so that a typing error shows."""
        given = json.loads(path.read_text()) if path.exists() else {}
        unknown = sorted(set(given) - set(DEFAULTS))
        if unknown:
            raise UnknownHyperparameter(f"unknown hyperparameter {', '.join(unknown)}; known: {', '.join(DEFAULTS)}")
        return cls({**DEFAULTS, **{name: _number(name, value) for name, value in given.items()}})

    def of_xgboost(self) -> dict[str, Value]:
        return {name: value for name, value in self.values.items() if name not in OF_THE_LOOP}

    @property
    def num_round(self) -> int:
        return int(self.values["num_round"])

    @property
    def early_stopping_rounds(self) -> int:
        return int(self.values["early_stopping_rounds"])


def _number(name: str, value: Value) -> Value:
    try:
        number = float(value)
    except ValueError:
        raise UnknownHyperparameter(f"hyperparameter {name} is {value!r}, which is not a number") from None
    return int(number) if number.is_integer() else number
