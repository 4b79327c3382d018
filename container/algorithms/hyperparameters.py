"""Hyperparameters: SageMaker hands them over as text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite

Value = str | int | float

AT_LEAST_ONE = ("num_round", "early_stopping_rounds", "max_categories", "max_iter", "nlambda")


class UnknownHyperparameter(ValueError):
    """A hyperparameter that this container does not know."""


@dataclass(frozen=True)
class Choices:
    """What an algorithm lets its user choose: defaults, more names, and names whose values are words."""

    defaults: Mapping[str, Value]
    more: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.defaults, *self.more, *self.words)


@dataclass(frozen=True)
class Hyperparameters:
    """What every predictor of a model is trained with."""

    values: dict[str, Value]

    @classmethod
    def of(cls, given: Mapping[str, Value], choices: Choices) -> "Hyperparameters":
        """What was given, over the defaults; an unknown name is refused, so that a typing error shows."""
        for name in given:
            _known(name, choices.names, "hyperparameter")
        for name, words in choices.words.items():
            if name in given:
                _known(str(given[name]), words, name)
        return cls(
            {
                **choices.defaults,
                **{name: value if name in choices.words else _number(name, value) for name, value in given.items()},
            }
        )

    def without(self, *names: str) -> dict[str, Value]:
        """All but these: what is left is the library's own."""
        return {name: value for name, value in self.values.items() if name not in names}

    def number(self, name: str) -> float:
        """One that is a number."""
        return float(self.values[name])

    def count(self, name: str) -> int:
        """One that is a whole number."""
        return int(self.values[name])


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
    if name in AT_LEAST_ONE and number < 1:
        raise UnknownHyperparameter(f"hyperparameter {name} is {value}; it must be at least 1")
    return int(number) if number.is_integer() else number
