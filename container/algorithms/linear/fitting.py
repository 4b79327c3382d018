"""Training: from much regularisation to little, for as long as the validation rows gain by it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from container.algorithms.definition import Fit, Goal
from container.algorithms.hyperparameters import Choices, Hyperparameters, Value
from container.algorithms.linear.design import Design
from container.algorithms.linear.loss import judged, loss_of, quantile_of
from container.algorithms.linear.predictor import Linear
from container.algorithms.workplace import ALONE, Workplace
from container.fold import Fold
from container.rows import Vector
from container.signature import Feature
from evergreen.metrics import Task

DEFAULTS: dict[str, Value] = {
    "lambda_max": 1,
    "lambda_min": 0.00001,
    "nlambda": 16,
    "early_stopping_rounds": 3,
    "max_categories": 50,
    "max_iter": 500,
}
MIDDLE_OF = 2  # where no row is left to judge by, the path ends in its middle


@dataclass(frozen=True)
class Problem:
    """Rows in columns, their targets brought to a mean of zero and a deviation of one where they are numbers."""

    goal: Goal
    columns: NDArray[np.float64]
    targets: Vector
    centre: float
    scale: float
    shares: Vector | None = None  # of the loss, where rows do not count the same

    @classmethod
    def of(cls, goal: Goal, design: Design, fold: Fold) -> "Problem":
        numbers = goal.kind not in ("probability", "classes")
        centre = float(np.mean(fold.targets)) if numbers else 0.0
        scale = float(np.std(fold.targets)) or 1.0 if numbers else 1.0
        shares = None if fold.weights is None else fold.shares
        return cls(goal, design.columns(fold.values), (fold.targets - centre) / scale, centre, scale, shares)

    @property
    def outputs(self) -> int:
        return self.goal.classes if self.goal.kind == "classes" else 1

    def solve(self, start: Vector, strength: float, most: int) -> Vector:
        """The weights, and behind them the intercepts, that minimise the loss and the squares of the weights."""
        loss, columns = loss_of(self.goal, self.targets, self.shares), self.columns
        held = columns.shape[1] * self.outputs

        def at(flat: Vector) -> tuple[float, Vector]:
            weights, intercept = flat[:held].reshape(-1, self.outputs), flat[held:]
            value, slope = loss(columns @ weights + intercept)
            by_weights = columns.T @ slope + strength * weights
            return value + strength / 2 * float(flat[:held] @ flat[:held]), np.concatenate(
                (by_weights.ravel(), slope.sum(axis=0))
            )

        found = minimize(at, start, jac=True, method="L-BFGS-B", options={"maxiter": most, "ftol": 1e-9, "gtol": 1e-6})
        return np.asarray(found.x)

    def model(self, design: Design, flat: Vector) -> Linear:
        """The solution in the targets' own unit; a quantile's intercept is then made exact."""
        held = self.columns.shape[1] * self.outputs
        weights, intercept = flat[:held].reshape(-1, self.outputs), flat[held:]
        if self.goal.kind in ("median", "quantile"):
            over = self.targets - (self.columns @ weights)[:, 0]
            intercept = np.array([np.quantile(over, quantile_of(self.goal))])
        return Linear(self.goal, design, weights * self.scale, intercept * self.scale + self.centre)


def choices(task: Task) -> Choices:
    """The names that the path of regularisation has in glmnet; `lambda` takes one strength for all."""
    return Choices(DEFAULTS, ("lambda",))


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
    """Weaken the regularisation for as long as the validation rows gain by it."""
    path = _path(parameters)
    if not len(validation.targets):
        path = path[: max(1, len(path) // MIDDLE_OF)]
        model, _ = _Path(path, goal, features, parameters).along(train, None)
        return Fit(model, model, len(path) - 1)
    model, best = _Path(path, goal, features, parameters).along(train, validation)
    if not learn_all:
        return Fit(model, model, best)
    every, _ = _Path(path[: best + 1], goal, features, parameters).along(train + validation, None)
    return Fit(every, model, best)


@dataclass(frozen=True)
class _Path:
    """Strengths of regularisation, each solved from where the one before it ended."""

    strengths: Sequence[float]
    goal: Goal
    features: Sequence[Feature]
    parameters: Hyperparameters

    def along(self, train: Fold, validation: Fold | None) -> tuple[Linear, int]:
        """The model of the best strength, or of the last one where no row judges."""
        design = Design.of(train.values, self.features, self.parameters.count("max_categories"))
        problem = Problem.of(self.goal, design, train)
        most, patience = self.parameters.count("max_iter"), self.parameters.count("early_stopping_rounds")
        solution = np.zeros((problem.columns.shape[1] + 1) * problem.outputs)
        kept, best, lowest = None, 0, np.inf
        for step, strength in enumerate(self.strengths):
            solution = problem.solve(solution, strength, most)
            if validation is None:
                continue
            model = problem.model(design, solution)
            value = judged(self.goal, model.margin(validation.values), validation.targets)
            if value < lowest:
                kept, best, lowest = model, step, value
            elif step - best >= patience:
                break
        return (kept, best) if kept else (problem.model(design, solution), len(self.strengths) - 1)


def _path(parameters: Hyperparameters) -> list[float]:
    if "lambda" in parameters.values:
        return [parameters.number("lambda")]
    ends = parameters.number("lambda_max"), parameters.number("lambda_min")
    return [float(each) for each in np.geomspace(*ends, parameters.count("nlambda"))]
