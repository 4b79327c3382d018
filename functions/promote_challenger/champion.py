"""What is kept of a champion, for its history and for those who follow it."""

from collections.abc import Mapping
from typing import Any

from evergreen.approval import Decision
from evergreen.evaluation import Evaluation


def describe(record: Mapping[str, Any], evaluation: Evaluation, approval: Decision | None) -> dict[str, Any]:
    """The model's metrics, the verdict on it, its version in the model registry, and who approved it why."""
    return {
        "metrics": evaluation.challenger,
        "metric": evaluation.metric,
        "outcome": record.get("verdict", {}).get("outcome"),
        "model_package_arn": record.get("model_package_arn"),
        "approval": approval.model_dump() if approval else None,
    }


def said(approval: Decision | None) -> tuple[str, ...]:
    """The approval as one of the champion's reasons."""
    return (approval.sentence,) if approval else ()
