"""Training, as a contract states it: which algorithm, with which hyperparameters."""

from typing import Literal

from pydantic import Field

from evergreen.strict import Strict


class Training(Strict):
    """How a challenger is trained."""

    algorithm: Literal["xgboost"] = Field(default="xgboost", description="The learner.")
    hyperparameters: dict[str, str | int | float] = Field(
        default={},
        description="XGBoost's, and num_round and early_stopping_rounds; see [defaults](#default-hyperparameters).",
    )
