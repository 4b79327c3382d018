"""Every algorithm does for every goal what its interface promises."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from container.algorithms import NAMES, algorithm
from container.algorithms.definition import Contributions, Fit, Goal
from container.algorithms.hyperparameters import Hyperparameters, Value
from container.fold import Fold
from container.model import Model, ModelUnusable
from container.rows import Matrix
from container.signature import OUTPUTS, Feature, Signature
from evergreen.metrics import Task
from evergreen.training import Training

KINDS = tuple(f"kind {number}" for number in range(6))
FEATURES = (
    Feature("Torque [Nm]", "number"),
    Feature("a,<b>]", "integer"),
    Feature("kind", "category", KINDS),
    Feature("constant", "number"),
)


@dataclass(frozen=True)
class Case:
    goal: Goal
    task: Task

    @property
    def outputs(self) -> int:
        return self.goal.classes if self.goal.kind == "classes" else 1


CASES = {
    "probability": Case(Goal("probability"), "binary"),
    "classes": Case(Goal("classes", classes=3), "multiclass"),
    "mean": Case(Goal("mean"), "regression"),
    "median": Case(Goal("median"), "regression"),
    "quantile": Case(Goal("quantile", quantile=0.9), "regression"),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
every_algorithm = pytest.mark.parametrize("name", NAMES)


def fold(case: Case, rows: int, seed: int = 5, kinds: int = 6) -> Fold:
    """A number and the category decide; a tenth of the cells is missing."""
    random = np.random.default_rng(seed)
    numbers = random.normal(3, 2, size=(rows, 2))
    values = np.column_stack((numbers, random.integers(0, kinds, rows), np.ones(rows))).astype(np.float32)
    score = values[:, 0] + (values[:, 2] % 2) * 4 + random.normal(0, 0.6, rows)
    cuts = {"binary": [5.0], "multiclass": [3.0, 6.0]}.get(case.task)
    targets = 1000 + 50 * score if cuts is None else np.digitize(score, cuts)
    values[:, :3][random.random((rows, 3)) < 0.1] = np.nan
    return Fold(values, targets.astype(np.float64))


QUICK: dict[str, dict[str, Value]] = {"xgboost": {"eta": 0.2}, "lightgbm": {"learning_rate": 0.2}, "linear": {}}


@cache
def train(name: str, case: Case, rows: int = 400, learn_all: bool = True, **given: Value) -> Fit:
    of = algorithm(name)
    parameters = Hyperparameters.of({**QUICK[name], **given}, of.choices(case.task))
    return of.fit(case.goal, fold(case, rows), fold(case, 150, 6), FEATURES, parameters, learn_all=learn_all)


def odd_rows() -> Matrix:
    """Nothing known, a category that training never saw, values far beyond it."""
    gone = np.full((4, len(FEATURES)), np.nan, dtype=np.float32)
    gone[1, 2] = 5000
    gone[2, :2] = 1e30
    gone[3, 0] = np.inf
    return gone


def test_the_contract_knows_every_algorithm() -> None:
    assert set(NAMES) == set(Training.model_json_schema()["properties"]["algorithm"]["enum"])


@every_algorithm
@every_case
def test_it_learns_what_is_asked(name: str, case: Case) -> None:
    holdout = fold(case, 1000, 7)
    predicted = train(name, case, 800).predictor.predict(holdout.values)
    assert predicted.dtype == np.float32
    assert predicted.shape == (1000, case.outputs)
    if case.goal.kind == "classes":
        assert (predicted.argmax(axis=1) == holdout.targets).mean() > 0.7
        assert predicted.sum(axis=1) == pytest.approx(1, abs=1e-5)
    elif case.goal.kind == "probability":
        assert ((predicted[:, 0] > 0.5) == holdout.targets).mean() > 0.8
        assert predicted.mean() == pytest.approx(holdout.targets.mean(), abs=0.05)
    elif case.goal.kind == "quantile":
        assert (holdout.targets < predicted[:, 0]).mean() == pytest.approx(0.9, abs=0.1)
    else:
        centre = np.median(holdout.targets)
        naive = np.abs(holdout.targets - centre).mean()
        assert np.abs(holdout.targets - predicted[:, 0]).mean() < 0.6 * naive


@every_algorithm
@every_case
def test_it_is_kept_in_one_file_and_predicts_the_same_from_it(name: str, case: Case) -> None:
    fit, rows = train(name, case), fold(case, 200, 8).values
    for predictor in (fit.predictor, fit.judged):
        again = algorithm(name).load(predictor.save())
        assert again.features == len(FEATURES)
        assert np.array_equal(again.predict(rows), predictor.predict(rows))
        assert again.save() == predictor.save()


@every_algorithm
@every_case
def test_contributions_add_up_to_the_margin(name: str, case: Case) -> None:
    predictor, rows = train(name, case).predictor, fold(case, 200, 9).values
    found, margin = predictor.contributions(rows), predictor.margin(rows)
    assert found.values.shape == (200, len(FEATURES))
    chosen = margin[np.arange(200), margin.argmax(axis=1)]
    assert found.base + found.values.sum(axis=1) == pytest.approx(chosen, rel=1e-4, abs=1e-4)
    weight = found.importance()
    assert weight.sum() == pytest.approx(1)
    assert min(weight[0], weight[2]) > max(weight[1], weight[3]), "what decides must be seen to decide"


@every_algorithm
@every_case
def test_the_margin_is_what_the_prediction_is_made_of(name: str, case: Case) -> None:
    predictor, rows = train(name, case).predictor, fold(case, 50, 9).values
    predicted, margin = predictor.predict(rows), predictor.margin(rows)
    if case.goal.kind == "probability":
        margin = 1 / (1 + np.exp(-margin))
    elif case.goal.kind == "classes":
        margin = np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)
    assert predicted == pytest.approx(margin, rel=1e-4)


@every_algorithm
@every_case
def test_rows_unlike_any_before_get_a_prediction_all_the_same(name: str, case: Case) -> None:
    predictor = train(name, case).predictor
    assert np.isfinite(predictor.predict(odd_rows())).all()
    assert np.isfinite(predictor.contributions(odd_rows()).values).all()


@every_algorithm
@every_case
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_each_row_is_predicted_by_itself(name: str, case: Case, rows: int) -> None:
    predictor, some = train(name, case).predictor, fold(case, 20, 9).values
    assert np.array_equal(predictor.predict(some[:rows]), predictor.predict(some)[:rows])


@every_algorithm
@every_case
def test_the_same_rows_make_the_same_model(name: str, case: Case) -> None:
    assert train.__wrapped__(name, case).predictor.save() == train(name, case).predictor.save()


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_another_seed_makes_another_model(name: str) -> None:
    case = CASES["mean"]
    assert train(name, case, seed=1).predictor.save() != train(name, case, seed=2).predictor.save()


@every_algorithm
@every_case
def test_validation_rows_are_learned_from_only_where_that_is_asked(name: str, case: Case) -> None:
    alone, every = train(name, case, learn_all=False), train(name, case)
    rows = fold(case, 100, 9).values
    assert alone.predictor is alone.judged
    assert np.array_equal(alone.predictor.predict(rows), every.judged.predict(rows))
    assert not np.array_equal(every.predictor.predict(rows), every.judged.predict(rows))


@every_algorithm
@every_case
@pytest.mark.parametrize(("rows", "validation"), [(30, 6), (30, 1), (150, 0), (6, 2)])
def test_few_rows_make_a_model_all_the_same(name: str, case: Case, rows: int, validation: int) -> None:
    of = algorithm(name)
    parameters = Hyperparameters.of(QUICK[name], of.choices(case.task))
    fit = of.fit(case.goal, fold(case, rows), fold(case, validation, 6), FEATURES, parameters, learn_all=True)
    assert np.isfinite(fit.predictor.predict(fold(case, 20, 7).values)).all()


@every_algorithm
def test_columns_that_never_vary_or_are_never_known_make_the_best_constant(name: str) -> None:
    case = CASES["mean"]
    values = np.full((90, len(FEATURES)), np.nan, dtype=np.float32)
    values[:, 3] = 1
    targets = np.arange(90, dtype=np.float64)
    of = algorithm(name)
    parameters = Hyperparameters.of(QUICK[name], of.choices(case.task))
    fit = of.fit(case.goal, Fold(values, targets), Fold(values, targets), FEATURES, parameters, learn_all=True)
    assert fit.predictor.predict(values) == pytest.approx(44.5, abs=0.5)


@every_algorithm
@pytest.mark.parametrize("content", [b"", b"{}", b"not a model", b'{"format": 1}', b"\x80\x04K*."])
def test_a_file_that_is_no_model_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        algorithm(name).load(content)


@every_algorithm
def test_a_damaged_file_is_told_before_its_library_gets_it(name: str, tmp_path: Path) -> None:
    outputs = OUTPUTS["regression"]
    signature = Signature("d", "regression", "who", FEATURES, "", "t", outputs, "random")
    Model({"model": train(name, CASES["mean"]).predictor}, signature, {"algorithm": name}).save(tmp_path)
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    file = f"model.{algorithm(name).SUFFIX}"
    assert Model.load(whole.__getitem__).training["algorithm"] == name
    content = whole[file]
    middle = len(content) // 2
    turned = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for damaged in (content[:middle], content[:-1], turned, b""):
        with pytest.raises(ModelUnusable, match=f"{file} is damaged"):
            Model.load({**whole, file: damaged}.__getitem__)


@every_algorithm
def test_the_library_and_its_version_are_told(name: str) -> None:
    library, version = algorithm(name).version().split()
    assert library.isalpha()
    assert version[0].isdigit()


def test_a_model_that_nothing_moves_has_no_importance() -> None:
    assert Contributions(np.zeros((3, 2)), np.ones(3)).importance().tolist() == [0, 0]
