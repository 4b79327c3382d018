"""A contract's `training` as SageMaker takes it."""

from typing import Any

from evergreen.contract import Contract
from evergreen.metrics import OF_TASK, Task

MOST_SECONDS = 3_600  # that one job works
MOST_SECONDS_WITH_WAITING = 6_600  # for spot instances, too; the state that waits has a little more
NUMBER = "([-+0-9.eE]+)"


def training(contract: Contract) -> dict[str, Any]:
    """On how many instances of which kind a challenger is trained, and how its metrics are read in the log."""
    stated = contract.training
    waiting = {"MaxWaitTimeInSeconds": MOST_SECONDS_WITH_WAITING} if stated.spot else {}
    return {
        "spot": stated.spot,
        "instances": stated.instances,
        "stopping": {"MaxRuntimeInSeconds": MOST_SECONDS, **waiting},
        "metrics": metric_definitions(contract.task),
    }


def metric_definitions(task: Task) -> list[dict[str, str]]:
    """What the container's lines tell: the losses while it boosts, and at the end the metrics of the task."""
    names = ["train:loss", "validation:loss", *(f"validation:{name}" for name in OF_TASK[task])]
    return [*map(metric_definition, names), {"Name": "train:rounds", "Regex": f'"rounds": {NUMBER}'}]


def metric_definition(name: str) -> dict[str, str]:
    """One metric by the name that it has in the log."""
    return {"Name": name, "Regex": f'"{name}": {NUMBER}'}
