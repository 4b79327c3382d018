"""Training of one booster."""

from collections.abc import Sequence

import xgboost as xgb

from container.algorithms.definition import Fit, Goal
from container.algorithms.hyperparameters import Choices, Hyperparameters, Value
from container.algorithms.threads import threads_for
from container.algorithms.workplace import ALONE, Workplace
from container.algorithms.xgboost.boosting import Boosting
from container.algorithms.xgboost.checkpoint import Checkpoint
from container.algorithms.xgboost.matrices import Binning
from container.algorithms.xgboost.predictor import Booster
from container.fold import Fold
from container.signature import Feature
from evergreen.metrics import Task

UNJUDGED_ROUNDS = 100  # trees where no row is left to say when to stop

DEFAULTS: dict[str, Value] = {
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
OF_TASK: dict[Task, dict[str, Value]] = {
    "time_to_event": {"min_child_weight": 10},
    "regression": {"min_child_weight": 5},
}
OPTIONAL = (
    "colsample_bylevel",
    "colsample_bynode",
    "max_cat_threshold",
    "max_cat_to_onehot",
    "max_delta_step",
    "memory_mb",
)
# Each is judged on the validation rows by what it minimises.
OBJECTIVES = {
    "probability": "binary:logistic",  # makes probabilities that can be taken at their word
    "classes": "multi:softprob",
    "mean": "reg:squarederror",
    "median": "reg:absoluteerror",  # also stands outliers and long tails
    "quantile": "reg:quantileerror",
}
JUDGED_BY = {
    "binary:logistic": "logloss",
    "multi:softprob": "mlogloss",
    "reg:squarederror": "rmse",
    "reg:absoluteerror": "mae",
    "reg:quantileerror": "quantile",
    "reg:pseudohubererror": "mphe",
}
STATED = ("reg:absoluteerror", "reg:squarederror", "reg:pseudohubererror")  # what a regression may ask for by name
OF_THE_LOOP = ("num_round", "early_stopping_rounds", "objective", "memory_mb")


def choices(task: Task) -> Choices:
    """XGBoost's names; the weight of a class is unset, for weights would bend the probabilities."""
    more = (*OPTIONAL, "scale_pos_weight") if task == "binary" else OPTIONAL
    words = {"objective": STATED} if task == "regression" else {}
    return Choices({**DEFAULTS, **OF_TASK.get(task, {})}, more, words)


def fit(
    goal: Goal,
    train: Fold,
    validation: Fold,
    features: Sequence[Feature],
    parameters: Hyperparameters,
    *,
    learn_all: bool = False,
    workplace: Workplace = ALONE,
) -> Fit:
    """Boost on the training rows for as long as the validation rows gain by it."""
    rounds = parameters.count("num_round")
    if not len(validation.targets):
        unjudged = min(rounds, UNJUDGED_ROUNDS)
        booster = Booster(_boost(goal, train, None, features, parameters, rounds=unjudged, workplace=workplace))
        return Fit(booster, booster, booster.booster.num_boosted_rounds() - 1)
    booster = Booster(_boost(goal, train, validation, features, parameters, rounds=rounds, workplace=workplace))
    best = booster.booster.num_boosted_rounds()
    if not learn_all:
        return Fit(booster, booster, best - 1)
    mine = validation if workplace.hosts == 1 else validation.share(workplace.rank, workplace.hosts)
    every = _boost(goal, train + mine, None, features, parameters, rounds=best, workplace=workplace)
    return Fit(Booster(every), booster, best - 1)


def _boost(
    goal: Goal,
    train: Fold,
    validation: Fold | None,
    features: Sequence[Feature],
    parameters: Hyperparameters,
    *,
    rounds: int,
    workplace: Workplace,
) -> xgb.Booster:
    threads, patience = threads_for(train.values), parameters.count("early_stopping_rounds")
    types = ["c" if feature.type == "category" else "q" for feature in features]
    settings = {**parameters.without(*OF_THE_LOOP), **_objective(goal, parameters)}
    settings |= {"tree_method": "hist", "nthread": threads}
    binning = Binning(types, parameters.count("max_bin"), threads)
    rows = binning(train)
    judge = None if validation is None else binning(validation, ref=rows)
    asked = {**settings, "types": types, "rounds": rounds, "patience": patience}
    checkpoint = Checkpoint.of(workplace, asked, train, *([] if validation is None else [validation]))
    booster = Boosting(settings, rounds, patience, workplace).run(rows, judge, checkpoint)
    booster.feature_names = booster.feature_types = None  # rows come as plain numbers
    return booster


def _objective(goal: Goal, parameters: Hyperparameters) -> dict[str, Value]:
    objective = str(parameters.values.get("objective", OBJECTIVES[goal.kind]))
    settings: dict[str, Value] = {"objective": objective, "eval_metric": JUDGED_BY[objective]}
    match goal.kind:
        case "classes":
            settings["num_class"] = goal.classes
        case "quantile":
            settings["quantile_alpha"] = goal.quantile
    return settings
