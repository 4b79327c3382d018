"""Writes the history of executions to the log group that the state machine's LoggingConfiguration names."""

import json
import time
import uuid
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

from local.cloud import Cloud
from local.log_streams import LogStream


def log_session(cloud: Cloud, execution: Any) -> "LogSession | None":
    """The session for an execution, None when its state machine does not log."""
    settings = execution.state_machine.loggingConfiguration or {}
    groups = [
        destination["cloudWatchLogsLogGroup"]["logGroupArn"]
        for destination in settings.get("destinations", [])
        if "cloudWatchLogsLogGroup" in destination
    ]
    if not groups or settings.get("level", "OFF") == "OFF":
        return None
    group = groups[0].split(":log-group:")[1].removesuffix(":*")
    return LogSession(cloud, execution, group, settings)


class LogSession:
    """What moto's interpreter calls for every event of the history."""

    def __init__(self, cloud: Cloud, execution: Any, group: str, settings: dict[str, Any]) -> None:
        day = time.strftime("%Y-%m-%d-%H-%M", time.gmtime())
        self._stream = LogStream(cloud, group, f"states/{execution.state_machine.name}/{day}/{uuid.uuid4().hex[:8]}")
        self._level = settings["level"]
        self.execution_arn = execution.exec_arn
        self.configuration = SimpleNamespace(include_execution_data=settings.get("includeExecutionData", False))

    def log_level_filter(self, history_event_type: Any) -> bool:
        """Whether events of this type are logged at the level."""
        return bool(is_logging_enabled_for(log_level=self._level, history_event_type=history_event_type))

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        """Writes one event."""
        moment = datetime.fromisoformat(history_log["event_timestamp"])
        event = history_log | {"event_timestamp": str(int(moment.timestamp() * 1000))}
        self._stream.write([json.dumps(event, default=str)])
