"""The search for good hyperparameters: SageMaker's request, put to Optuna."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


class Search:
    """Proposes hyperparameters as text, and learns from what became of them."""

    def __init__(self, config: dict[str, Any]) -> None:
        import optuna  # noqa: PLC0415 - it takes a second, and few clouds ever tune

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._failed = optuna.trial.TrialState.FAIL
        self._ranges = config.get("ParameterRanges", {})
        seed = config.get("RandomSeed")
        sampler: optuna.samplers.BaseSampler
        if config["Strategy"] == "Random":
            sampler = optuna.samplers.RandomSampler(seed=seed)
        else:
            # Several trials run at a time: those whose end is not known yet count as bad, lest they be tried twice.
            sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=_first_ones(config))
        direction = config["HyperParameterTuningJobObjective"]["Type"].lower()
        self._study = optuna.create_study(direction=direction, sampler=sampler)

    def ask(self) -> "tuple[optuna.Trial, dict[str, str]]":
        """The next trial, and its hyperparameters."""
        trial, values = self._study.ask(), {}
        for each in self._ranges.get("IntegerParameterRanges", []):
            ends = int(each["MinValue"]), int(each["MaxValue"])
            values[each["Name"]] = str(trial.suggest_int(each["Name"], *ends, log=_is_log(each)))
        for each in self._ranges.get("ContinuousParameterRanges", []):
            real_ends = float(each["MinValue"]), float(each["MaxValue"])
            values[each["Name"]] = repr(trial.suggest_float(each["Name"], *real_ends, log=_is_log(each)))
        for each in self._ranges.get("CategoricalParameterRanges", []):
            values[each["Name"]] = str(trial.suggest_categorical(each["Name"], each["Values"]))
        return trial, values

    def tell(self, trial: "optuna.Trial", value: float | None) -> None:
        """What the trial's objective was; None when it has none."""
        if value is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, value)


def _is_log(each: dict[str, Any]) -> bool:
    return bool(each.get("ScalingType") == "Logarithmic")  # Auto leaves the choice to us: linear


def _first_ones(config: dict[str, Any]) -> int:
    """How many trials look around before the search starts: Optuna's ten, or a third of a small budget."""
    return int(min(10, max(1, config["ResourceLimits"]["MaxNumberOfTrainingJobs"] // 3)))
