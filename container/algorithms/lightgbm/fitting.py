"""Training of one booster."""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb

from container.algorithms.definition import Fit, Goal
from container.algorithms.hyperparameters import Choices, Hyperparameters, Value
from container.algorithms.lightgbm.predictor import Booster
from container.algorithms.threads import threads_for
from container.algorithms.workplace import ALONE, Workplace
from container.fold import Fold
from container.signature import Feature
from evergreen.metrics import Task

UNJUDGED_ROUNDS = 100  # trees where no row is left to say when to stop

DEFAULTS: dict[str, Value] = {
    "num_leaves": 15,
    "max_depth": -1,
    "learning_rate": 0.05,
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "lambda_l2": 1,
    "lambda_l1": 0,
    "min_gain_to_split": 0,
    "max_bin": 255,
    "num_round": 1000,
    "early_stopping_rounds": 50,
    "seed": 17,
}
OPTIONAL = (
    "cat_l2",
    "cat_smooth",
    "feature_fraction_bynode",
    "max_cat_threshold",
    "max_cat_to_onehot",
    "max_delta_step",
    "min_data_per_group",
    "min_sum_hessian_in_leaf",
    "path_smooth",
)
# Each is judged on the validation rows by what it minimises.
OBJECTIVES: dict[str, dict[str, Value]] = {
    "probability": {"objective": "binary", "metric": "binary_logloss"},
    "classes": {"objective": "multiclass", "metric": "multi_logloss"},
    "mean": {"objective": "regression", "metric": "l2"},
    "median": {"objective": "regression_l1", "metric": "l1"},
    "quantile": {"objective": "quantile", "metric": "quantile"},
}
OF_THE_LOOP = ("num_round", "early_stopping_rounds")


def choices(task: Task) -> Choices:
    """LightGBM's names; the weight of a class is unset, for weights would bend the probabilities."""
    return Choices(DEFAULTS, (*OPTIONAL, "scale_pos_weight") if task == "binary" else OPTIONAL)


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
        rounds = min(rounds, UNJUDGED_ROUNDS)
        booster = _boost(goal, train, None, features, parameters, rounds=rounds)
        return Fit(booster, booster, rounds - 1)
    booster = _boost(goal, train, validation, features, parameters, rounds=rounds)
    best = max(1, booster.booster.num_trees() // int(booster.booster.num_model_per_iteration()))
    every = _boost(goal, train + validation, None, features, parameters, rounds=best) if learn_all else booster
    return Fit(every, booster, best - 1)


def _boost(
    goal: Goal,
    train: Fold,
    validation: Fold | None,
    features: Sequence[Feature],
    parameters: Hyperparameters,
    *,
    rounds: int,
) -> Booster:
    settings: dict[str, Any] = {**parameters.without(*OF_THE_LOOP), **_objective(goal)}
    settings |= {"num_threads": threads_for(train.values), "verbosity": -1}
    settings |= {"deterministic": True, "force_row_wise": True}  # the same rows make the same model
    # No names: LightGBM refuses some, and the signature checks what comes.
    categories = [place for place, feature in enumerate(features) if feature.type == "category"]
    about: dict[str, Any] = {"categorical_feature": categories, "params": settings}
    rows = lgb.Dataset(train.values, label=train.targets, weight=train.weights, **about)
    if validation is None:
        return _kept(lgb.train(settings, rows, num_boost_round=rounds), rounds)
    judge = lgb.Dataset(validation.values, label=validation.targets, reference=rows, **about)
    patience = lgb.early_stopping(parameters.count("early_stopping_rounds"), verbose=False)
    booster = lgb.train(settings, rows, num_boost_round=rounds, valid_sets=[judge], callbacks=[patience])
    return _kept(booster, max(1, booster.best_iteration))


def _kept(booster: lgb.Booster, rounds: int) -> Booster:
    """As it will be loaded: with the trees that serve and without the training rows."""
    return Booster(lgb.Booster(model_str=booster.model_to_string(num_iteration=rounds)))


def _objective(goal: Goal) -> dict[str, Value]:
    settings = dict(OBJECTIVES[goal.kind])
    match goal.kind:
        case "classes":
            settings["num_class"] = goal.classes
        case "quantile":
            settings["alpha"] = goal.quantile
    return settings
