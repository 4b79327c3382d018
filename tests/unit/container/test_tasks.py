"""Each task learns what there is, from few rows, too."""

from dataclasses import replace

import numpy as np
import pytest

from container.algorithms import DEFAULT, NAMES, algorithm
from container.algorithms.hyperparameters import Hyperparameters
from container.fold import Fold
from container.model import Model
from container.signature import OUTPUTS, Feature, Signature
from container.tasks import TASKS
from container.train.learner import Learner
from evergreen.metrics import HIGHER_IS_BETTER, OF_TASK, MetricName, Task

RANDOM = np.random.default_rng(11)
KINDS = tuple(f"kind {number}" for number in range(6))
FEATURES = (Feature("Torque [Nm]", "number"), Feature("a,<b>]", "number"), Feature("kind", "category", KINDS))
CLASSES = {"binary": ("no", "yes"), "multiclass": ("red", "green", "blue")}
TABLES: tuple[Task, ...] = ("regression", "binary", "multiclass")


def signature(task: Task) -> Signature:
    return Signature("d", task, "who", FEATURES, "", "t", OUTPUTS[task], "random", CLASSES.get(task, ()))


def fold(task: Task, rows: int, kinds: int = 6) -> Fold:
    """The category and one of the numbers decide; a tenth of the cells is missing."""
    values = np.column_stack((RANDOM.normal(size=(rows, 2)), RANDOM.integers(0, kinds, rows))).astype(np.float32)
    score = values[:, 0] + (values[:, 2] % 2) * 2 + RANDOM.normal(0, 0.3, rows)
    cuts = {"binary": [1.5], "multiclass": [0.3, 1.8]}.get(task)
    targets = 1000 + 50 * score if cuts is None else np.digitize(score, cuts)
    values[RANDOM.random(values.shape) < 0.1] = np.nan
    return Fold(values, targets.astype(np.float64))


def learner(task: Task, name: str = DEFAULT, metric: MetricName | None = None, **given: str | int | float) -> Learner:
    of = algorithm(name)
    return Learner(name, of, Hyperparameters.of(given, of.choices(task)), metric or OF_TASK[task][0])


def train(task: Task, rows: Fold, validation: Fold, metric: MetricName | None = None) -> Model:
    module = TASKS[task]
    fits = module.fit(rows, validation, signature(task), learner(task, metric=metric))
    about = module.about(rows.targets, signature(task))
    return Model({name: fit.predictor for name, fit in fits.items()}, signature(task), about)


@pytest.mark.parametrize("task", TABLES)
def test_a_model_beats_the_naive_baseline_by_every_metric_of_its_task(task: Task) -> None:
    model, holdout = train(task, fold(task, 800), fold(task, 200)), fold(task, 400)
    predictions = model.predict(holdout.values)
    for metric in OF_TASK[task]:
        naive = np.tile(np.array(model.task.naive(model.training["baseline"], metric), dtype=np.float32), (400, 1))
        found, base = (
            model.task.statistic(metric, holdout.targets, said, model.signature).value()
            for said in (predictions, naive)
        )
        better = base - found if not HIGHER_IS_BETTER[metric] else found - base
        assert better > 0.3 * abs(base), metric


@pytest.mark.parametrize("task", TABLES)
@pytest.mark.parametrize(("rows", "validation"), [(30, 6), (30, 1), (150, 0), (6, 2)])
def test_few_rows_make_a_model_all_the_same(task: Task, rows: int, validation: int) -> None:
    model = train(task, fold(task, rows), fold(task, validation))
    predictions = model.predict(fold(task, 20).values)
    assert len(predictions) == 20


@pytest.mark.parametrize("task", TABLES)
def test_a_category_that_training_rows_lack_is_no_obstacle(task: Task) -> None:
    model = train(task, fold(task, 200, kinds=2), fold(task, 60, kinds=6))
    assert len(model.predict(fold(task, 100, kinds=6).values)) == 100


@pytest.mark.parametrize("task", TABLES)
def test_the_same_rows_make_the_same_model(task: Task) -> None:
    rows, validation = fold(task, 200), fold(task, 50)
    one, other = (train(task, rows, validation).predictors["model"].save() for _ in range(2))
    assert one == other


def test_a_class_that_training_rows_lack_can_be_a_class_of_the_model() -> None:
    rows = fold("multiclass", 100)
    some = rows.where(rows.targets < 2)
    model = train("multiclass", some, fold("multiclass", 30))
    assert model.predict(rows.values).shape == (100, 3)
    assert model.training["class_rows"]["blue"] == 0


def test_two_thirds_of_a_kind_are_predicted_as_two_thirds() -> None:
    values = np.zeros((3000, 3), dtype=np.float32)
    targets = (np.arange(3000) % 3 > 0).astype(np.float64)
    model = train("binary", Fold(values, targets), Fold(values[:300], targets[:300]))
    assert model.predict(values[:1])[0, 0] == pytest.approx(2 / 3, abs=0.01)


def test_a_median_or_a_mean_as_the_metric_asks() -> None:
    values = np.zeros((900, 3), dtype=np.float32)
    targets = np.where(np.arange(900) % 9 == 0, 90.0, 0.0)  # median 0, mean 10
    few = Fold(values[:90], targets[:90])
    mean = train("regression", Fold(values, targets), few, "rmse").predict(values[:1])
    median = train("regression", Fold(values, targets), few).predict(values[:1])
    assert mean[0, 0] == pytest.approx(10, abs=0.2)
    assert median[0, 0] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("name", NAMES)
def test_a_quantile_where_that_is_what_the_metric_asks(name: str) -> None:
    rows = fold("regression", 600)
    asked = replace(learner("regression", name, metric="pinball"), quantile=0.9)
    fits = TASKS["regression"].fit(rows, fold("regression", 200), signature("regression"), asked)
    assert (rows.targets < fits["model"].predictor.predict(rows.values)[:, 0]).mean() == pytest.approx(0.9, abs=0.06)


def test_rows_of_one_class_are_told_by_its_name() -> None:
    reason = TASKS["binary"].unfit(np.ones(7), signature("binary"))
    assert reason == "all of the 7 rows are of class 'yes' of 't': nothing to tell apart"
    assert TASKS["multiclass"].unfit(np.array([0.0, 2.0]), signature("multiclass")) is None
    assert TASKS["regression"].unfit(np.ones(7), signature("regression")) is None


def test_the_baseline_is_what_one_would_say_of_everyone() -> None:
    targets = np.array([1.0, 0, 0, 0])
    for task, metric, naive in (
        ("binary", "pr_auc", [0.25]),
        ("multiclass", "logloss", [0.75, 0.25, 0]),
        ("regression", "mae", [0]),
        ("regression", "rmse", [0.25]),
    ):
        module = TASKS[task]  # type: ignore[index]
        about = module.about(targets, signature(task))  # type: ignore[arg-type]
        assert module.naive(about["baseline"], metric) == naive  # type: ignore[arg-type]


def test_a_hurdle_model_without_an_event_to_stop_by_is_trained_all_the_same() -> None:
    of = replace(signature("time_to_event"), horizon_days=90)
    rows = fold("regression", 100)
    days = np.where(np.arange(100) % 2 == 0, np.nan, 20.0)
    none = Fold(rows.values[:10], np.full(10, np.nan))
    task = TASKS["time_to_event"]
    fits = task.fit(Fold(rows.values, days), none, of, learner("time_to_event"))
    predicted = task.predict({name: fit.predictor for name, fit in fits.items()}, rows.values, of)
    assert predicted[:, 0] == pytest.approx(20)
