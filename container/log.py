"""Logs: one JSON object per line, so that CloudWatch can search them and SageMaker can read metrics from them."""

import json
import logging
import logging.config
from typing import Any

# For logging.config: what libraries and Python itself have to say, too.
LINES_OF_LIBRARIES: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "container.log.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {"py.warnings": {"level": "WARNING"}},
}


def log(event: str, **values: object) -> None:
    """Print one log line."""
    print(json.dumps({"event": event, **values}, default=str), flush=True)


class Line(logging.Formatter):
    """A record of Python's logging as one such line."""

    def format(self, record: logging.LogRecord) -> str:
        values = {"event": "logged", "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, default=str)


def log_lines_of_libraries() -> None:
    """Have warnings and the logs of libraries come out as lines like ours."""
    logging.config.dictConfig(LINES_OF_LIBRARIES)
    logging.captureWarnings(True)
