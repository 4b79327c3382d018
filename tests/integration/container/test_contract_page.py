"""What docs/contract.md says holds in the container."""

import re
from datetime import date, timedelta

import pytest
import yaml

from container.algorithms import NAMES, algorithm
from container.prepare.column_types import FALSE, TRUE
from container.prepare.dates import MISSING
from container.tasks import TASKS
from evergreen.metrics import OF_TASK, Task
from evergreen.training import Training
from tests.integration.container.conftest import REPOSITORY, Stage

PAGE = (REPOSITORY / "docs" / "contract.md").read_text()
EVENTS = yaml.safe_load(next(each for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "cutoffs" in each))
FEATURES, TARGET = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_the_queries_of_the_event_log_example_run(stage: Stage) -> None:
    first = date(2024, 1, 1)
    orders = [
        f"{customer}-{visit},{customer},{first + timedelta(days=customer % 50 + visit * (20 + customer))},9.5\n"
        for customer in range(1, 201)
        for visit in range(40)
        if customer % 50 + visit * (20 + customer) < 400
    ]
    content = ("order,customer,ordered,amount\n" + "".join(orders)).encode()
    report = stage.prepare(
        {"o.csv": content}, queries={"features.sql": FEATURES, "target.sql": TARGET}, **{**EVENTS, "id": stage.dataset}
    )
    assert report.usable, report.rejections
    assert report.scoring_rows == 200


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task", TASKS)
def test_the_default_hyperparameters_are_those_on_the_page(task: Task, name: str) -> None:
    (row,) = re.findall(rf"^- `{name}`: (.*)$", PAGE, re.MULTILINE)
    stated = re.search(r"(?:not state|not stated) is: (.*?)\.(?: |$)", row)
    own = re.search(r"In task `time_to_event` `min_child_weight` is (\d+), in `regression` (\d+)\.", row)
    assert stated
    choices = algorithm(name).choices(task)
    defaults = dict(re.findall(r"`(\w+)` ([-\de.]+)", stated[1]))
    if own and task in ("time_to_event", "regression"):
        defaults["min_child_weight"] = own[1 if task == "time_to_event" else 2]
    assert defaults == {each: str(value) for each, value in choices.defaults.items()}
    assert all(f"`{each}`" in PAGE for each in (*choices.more, *choices.words))
    assert all(f"`{each}`" in PAGE for words in choices.words.values() for each in words)


def test_the_tuning_example_is_a_contract_that_tunes() -> None:
    (example,) = (yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "tune:" in each)
    training = Training.model_validate(example["training"])
    known = algorithm(training.algorithm).choices("regression").names
    assert training.tune
    assert {*training.hyperparameters, *training.tune.ranges} <= set(known)


@pytest.mark.parametrize("task", OF_TASK)
def test_the_page_tells_which_metric_decides_by_default(task: Task) -> None:
    assert f"| `{task}` | `{OF_TASK[task][0]}` |" in PAGE


def test_the_page_tells_every_mark_of_a_missing_value_and_every_spelling_of_a_boolean() -> None:
    marks, booleans = re.search(r"is missing, and so are (.*?),? whatever", PAGE), re.search("A boolean is (.*)", PAGE)
    assert marks
    assert booleans
    assert {"", *(each.lower() for each in re.findall("`(.*?)`", marks[1]))} == set(re.findall("'(.*?)'", MISSING))
    assert set(re.findall("`(.*?)`", booleans[1])) == set(re.findall("'(.*?)'", TRUE + FALSE))
