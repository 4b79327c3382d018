"""The metric that counts what the CRM took."""

import json
import time

_METRIC = "CrmSegmentUpdates"


def count(dataset: str, told: int) -> None:
    """Print it as CloudWatch reads it from the log."""
    described = {"Namespace": "Evergreen", "Dimensions": [["Dataset"]], "Metrics": [{"Name": _METRIC, "Unit": "Count"}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]}
    print(json.dumps({"_aws": about, "Dataset": dataset, _METRIC: told}))
