"""What docs/contract.md says holds in the container."""

import re
from datetime import date, timedelta

import pytest
import yaml

from container.prepare.column_types import FALSE, TRUE
from container.prepare.dates import MISSING
from container.tasks import TASKS
from container.train.parameters import COMMON, OPTIONAL
from evergreen.metrics import OF_TASK, Task
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


@pytest.mark.parametrize("task", TASKS)
def test_the_default_hyperparameters_are_those_on_the_page(task: Task) -> None:
    stated = re.search(r"does not state is: (.*)\.\n", PAGE)
    row = re.search(rf"\| `{task}` \| (.*?) ?\| .*`(binary|reg|multi):", PAGE)
    assert stated
    assert row
    common = re.findall(r"`(\w+)` ([\d.]+)", stated[1])
    own = re.findall(r"`(\w+)` ([\d.]+)", row[1])
    assert dict(common) == {name: str(value) for name, value in COMMON.items()}
    assert {**dict(common), **dict(own)} == {name: str(value) for name, value in TASKS[task].CHOICES.defaults.items()}
    assert all(f"`{name}`" in PAGE for name in (*OPTIONAL, *TASKS[task].CHOICES.more))


@pytest.mark.parametrize("task", OF_TASK)
def test_the_page_tells_which_metric_decides_by_default(task: Task) -> None:
    assert f"| `{task}` | `{OF_TASK[task][0]}` |" in PAGE


def test_the_page_tells_every_mark_of_a_missing_value_and_every_spelling_of_a_boolean() -> None:
    marks, booleans = re.search(r"is missing, and so are (.*?),? whatever", PAGE), re.search("A boolean is (.*)", PAGE)
    assert marks
    assert booleans
    assert {"", *(each.lower() for each in re.findall("`(.*?)`", marks[1]))} == set(re.findall("'(.*?)'", MISSING))
    assert set(re.findall("`(.*?)`", booleans[1])) == set(re.findall("'(.*?)'", TRUE + FALSE))
