"""The metrics that SageMaker reads in a training job's log, by the request's own MetricDefinitions."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any


class LogMetrics:
    """The last value of each metric that the log has told."""

    def __init__(self, definitions: Iterable[dict[str, str]]) -> None:
        self._patterns = {each["Name"]: re.compile(each["Regex"]) for each in definitions}
        self._found: dict[str, dict[str, Any]] = {}

    def read(self, lines: Sequence[str]) -> None:
        """Look for every metric in every line."""
        for name, pattern in self._patterns.items():
            for line in lines:
                if found := pattern.search(line):
                    self._note(name, found[1])

    def facts(self) -> dict[str, Any]:
        """What DescribeTrainingJob says of them."""
        return {"FinalMetricDataList": list(self._found.values())} if self._found else {}

    def _note(self, name: str, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        self._found[name] = {"MetricName": name, "Value": value, "Timestamp": datetime.now(UTC)}
