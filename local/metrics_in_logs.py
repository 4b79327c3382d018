"""CloudWatch's embedded metric format: log events that say which of their values are metrics. moto only stores them."""

import datetime
import json
import logging
from collections.abc import Iterator
from typing import Any

from moto.logs.models import LogsBackend

from local.cloud import Cloud
from local.seams import Seams

log = logging.getLogger(__name__)


def install(cloud: Cloud) -> None:
    """Puts the metrics of every log event that names some, whoever writes it."""

    def put_log_events(backend: Any, group: str, stream: str, log_events: list[dict[str, Any]]) -> Any:
        answer = put(backend, group, stream, log_events)
        for event in log_events:
            for namespace, data in metric_data(event["message"]):
                try:
                    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)
                except Exception:  # as on AWS, where whoever logs never hears of it
                    log.exception("the metrics of a log event of %s could not be put", group)
        return answer

    put = Seams(cloud).replace(LogsBackend, "put_log_events", put_log_events)


def metric_data(message: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What PutMetricData takes, by namespace, for a line in embedded metric format; nothing for any other line."""
    if '"_aws"' not in message:
        return
    try:
        document = json.loads(message)
        head = document["_aws"]
        at = datetime.datetime.fromtimestamp(head["Timestamp"] / 1000, datetime.UTC)
        for directive in head["CloudWatchMetrics"]:
            yield directive["Namespace"], list(_data(document, directive, at))
    except (KeyError, TypeError, ValueError) as error:
        log.warning("a log event is not in embedded metric format, so it makes no metrics: %r", error)


def _data(document: dict[str, Any], directive: dict[str, Any], at: datetime.datetime) -> Iterator[dict[str, Any]]:
    for names in directive["Dimensions"]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            given = document[metric["Name"]]
            datum = {"MetricName": metric["Name"], "Dimensions": dimensions, "Timestamp": at}
            datum["Unit"] = metric.get("Unit", "None")
            yield datum | ({"Values": given} if isinstance(given, list) else {"Value": given})
