"""The tasks: each in one module, which says how it learns, predicts and is judged."""

from container.tasks import binary, multiclass, regression, time_to_event
from container.tasks.definition import TaskDefinition
from evergreen.metrics import Task

TASKS: dict[Task, TaskDefinition] = {
    "time_to_event": time_to_event,
    "regression": regression,
    "binary": binary,
    "multiclass": multiclass,
}
