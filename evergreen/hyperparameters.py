"""The names of each algorithm's hyperparameters, so that a slip is found before a training job is paid for."""

from collections.abc import Iterator
from difflib import get_close_matches

from evergreen.metrics import Task
from evergreen.training import Training

_NAMES = {
    "xgboost": (
        *("max_depth", "eta", "min_child_weight", "subsample", "colsample_bytree", "lambda", "alpha", "gamma"),
        *("max_bin", "num_round", "early_stopping_rounds", "seed", "colsample_bylevel", "colsample_bynode"),
        *("max_cat_threshold", "max_cat_to_onehot", "max_delta_step", "memory_mb"),
    ),
    "lightgbm": (
        *("num_leaves", "max_depth", "learning_rate", "min_data_in_leaf", "bagging_fraction", "bagging_freq"),
        *("feature_fraction", "lambda_l2", "lambda_l1", "min_gain_to_split", "max_bin", "num_round"),
        *("early_stopping_rounds", "seed", "cat_l2", "cat_smooth", "feature_fraction_bynode", "max_cat_threshold"),
        *("max_cat_to_onehot", "max_delta_step", "min_data_per_group", "min_sum_hessian_in_leaf", "path_smooth"),
    ),
    "linear": (
        *("lambda_max", "lambda_min", "nlambda", "early_stopping_rounds", "max_categories", "max_iter", "lambda"),
    ),
}
_OF_TASK: dict[tuple[str, Task], str] = {
    ("xgboost", "binary"): "scale_pos_weight",
    ("lightgbm", "binary"): "scale_pos_weight",
    ("xgboost", "regression"): "objective",
}


def names(algorithm: str, task: Task) -> tuple[str, ...]:
    """What the algorithm takes for this task; the container's own lists are held to these by a test."""
    more = _OF_TASK.get((algorithm, task))
    return (*_NAMES[algorithm], *([more] if more else []))


def unknown(training: Training, task: Task) -> Iterator[str]:
    """A sentence for each name that the training job would refuse."""
    known = names(training.algorithm, task)
    searched = training.tune.ranges if training.tune else {}
    places = {"hyperparameters": tuple(training.hyperparameters), "tune.ranges": tuple(searched)}
    for place, stated in places.items():
        for name in stated:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
                yield (
                    f"training.{place}: {name!r} is no hyperparameter of {training.algorithm} in task {task}; {hint}"
                )
