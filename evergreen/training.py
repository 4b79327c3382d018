"""Training, as a contract states it: which algorithm, with which hyperparameters, and whether they are tuned."""

from typing import Literal

from pydantic import Field

from evergreen.strict import Strict


class Training(Strict):
    """How a challenger is trained."""

    algorithm: Literal["xgboost", "lightgbm", "linear"] = Field(
        default="xgboost", description="The learner; see [algorithms](#algorithms-and-their-hyperparameters)."
    )
    hyperparameters: dict[str, str | int | float] = Field(
        default={},
        description="The algorithm's own names; see [what they are by default](#algorithms-and-their-hyperparameters).",
    )
