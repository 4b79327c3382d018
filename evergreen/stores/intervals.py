"""A champion's own prediction interval, as its run's evaluation has it."""

from evergreen.evaluation import Evaluation
from evergreen.intervals import WITH_INTERVAL, PredictionInterval
from evergreen.layout import RunLayout
from evergreen.metrics import Task
from evergreen.stores.files import Files


def interval_of(dataset: str, champion_run_id: str, task: Task, files: Files) -> PredictionInterval | None:
    """What it was when the model was judged, whatever the contract asks of newer ones; older models have none."""
    if task not in WITH_INTERVAL:
        return None
    evaluation = files.find(RunLayout(dataset, champion_run_id).evaluation_file, Evaluation)
    return evaluation.prediction_interval if evaluation else None
