"""Training, as a contract states it: which algorithm, with which hyperparameters, and whether they are tuned."""

from typing import Literal

from pydantic import Field, model_validator

from evergreen.strict import Strict
from evergreen.tuning import Tune

# Hyperparameters by which the contract itself tells the training job what to do.
STATED_ELSEWHERE = {"algorithm": "training.algorithm", "metric": "gate.metric", "quantile": "gate.quantile"}


class Training(Strict):
    """How a challenger is trained."""

    algorithm: Literal["xgboost", "lightgbm", "linear"] = Field(
        default="xgboost", description="The learner; see [algorithms](#algorithms-and-their-hyperparameters)."
    )
    hyperparameters: dict[str, str | int | float] = Field(
        default={},
        description="The algorithm's own names; see [what they are by default](#algorithms-and-their-hyperparameters).",
    )
    tune: Tune | None = Field(default=None, description="Searches hyperparameters: see [tuning](#tuning).")
    spot: bool = Field(
        default=False,
        description="Trains on spot instances, which cost less and may be taken away; a checkpoint is gone on from.",
    )
    instances: int = Field(
        default=1, ge=1, le=20, description="How many instances train one model together; only xgboost can use more."
    )

    @model_validator(mode="after")
    def _each_in_one_place(self) -> "Training":
        searched = self.tune.ranges if self.tune else {}
        faults = [
            f"{name} is for {place} to say, not a hyperparameter"
            for name, place in STATED_ELSEWHERE.items()
            if name in self.hyperparameters or name in searched
        ]
        faults += [
            f"{name} is in hyperparameters and in tune.ranges; state it in one of them"
            for name in self.hyperparameters
            if name in searched
        ]
        if self.instances > 1 and self.algorithm != "xgboost":
            faults.append(f"instances is {self.instances}; {self.algorithm} trains on one, only xgboost on more")
        if faults:
            raise ValueError("\n".join(faults))
        return self
