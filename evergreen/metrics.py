"""The metrics' names, which of them belong to which task, and which way is better; scikit-learn's definitions."""

from typing import Literal

Task = Literal["time_to_event", "regression", "binary", "multiclass"]
MetricName = Literal[
    "mae",
    "rmse",
    "r2",
    "pinball",
    "concordance",
    "roc_auc",
    "pr_auc",
    "logloss",
    "brier",
    "f1",
    "mcc",
    "accuracy",
    "macro_f1",
]

HIGHER_IS_BETTER: dict[MetricName, bool] = {
    "mae": False,
    "rmse": False,
    "r2": True,
    "pinball": False,
    "concordance": True,
    "roc_auc": True,
    "pr_auc": True,
    "logloss": False,
    "brier": False,
    "f1": True,
    "mcc": True,
    "accuracy": True,
    "macro_f1": True,
}

OF_TASK: dict[Task, tuple[MetricName, ...]] = {  # the first one decides unless the contract names another
    "time_to_event": ("mae", "concordance", "roc_auc", "brier", "logloss"),
    "regression": ("mae", "rmse", "r2", "pinball"),
    "binary": ("pr_auc", "roc_auc", "logloss", "brier", "f1", "mcc"),
    "multiclass": ("logloss", "accuracy", "macro_f1"),
}

IN_UNITS_OF_TARGET: frozenset[MetricName] = frozenset({"mae", "rmse", "pinball"})


def counts_rows_with_event_only(task: Task, metric: MetricName) -> bool:
    """Whether the metric is told over the rows whose event came; all others are told over every row."""
    return task == "time_to_event" and metric == "mae"
