"""Metrics as a line of the log, in CloudWatch's embedded metric format: no call, and nothing to retry."""

import json
from datetime import datetime

from evergreen.observed_yield import Yield
from evergreen.yield_series import Measure

NAMESPACE = "Evergreen"


def metrics(measure: Measure, stated: Yield) -> dict[str, float]:
    """What is published: with fewer samples than are needed, their count alone."""
    found: dict[str, float] = {"SampleCount": measure.samples}
    if measure.samples < stated.samples_needed or not measure.samples:
        return found
    found["ObservedYield"] = measure.share()
    found["YieldLowerBound"] = measure.bound(stated.confidence_level)
    drop = measure.drop(stated.confidence_level)
    return found if drop is None else found | {"YieldDrop": drop}


def metric_line(dataset: str, values: dict[str, float], at: datetime) -> str:
    """The line that CloudWatch makes metrics of, with the data set as their dimension."""
    named = [{"Name": name, "Unit": "Count" if name == "SampleCount" else "None"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Dataset"]], "Metrics": named}
    head = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": head, "Dataset": dataset, **values})
