"""Logs: one JSON object per line, so that CloudWatch can search them and SageMaker can read metrics from them."""

import json


def log(event: str, **values: object) -> None:
    """Print one log line."""
    print(json.dumps({"event": event, **values}, default=str), flush=True)
