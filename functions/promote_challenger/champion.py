"""What is kept of a champion, for its history and for those who follow it."""

from collections.abc import Mapping
from typing import Any

from evergreen.approval import Decision
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.files import Files


def describe(
    model_uri: str, files: Files, record: Mapping[str, Any], evaluation: Evaluation, approval: Decision | None
) -> dict[str, Any]:
    """Where the model lies, its metrics, the verdict on it, its version in the model registry, who approved it why."""
    return {
        "model_uri": model_uri,
        "model_key": files.key(model_uri),
        "model_sha256": evaluation.challenger_sha256,
        "metrics": evaluation.challenger,
        "metric": evaluation.metric,
        "outcome": record.get("verdict", {}).get("outcome"),
        "model_package_arn": record.get("model_package_arn"),
        "approval": approval.model_dump() if approval else None,
    }


def judged_against(files: Files, layout: RunLayout) -> str | None:
    """The champion that the challenger was judged against."""
    champion = files.read(layout.manifest, RunManifest).champion
    return champion.run_id if champion else None


def said(approval: Decision | None) -> tuple[str, ...]:
    """The approval as one of the champion's reasons."""
    return (approval.sentence,) if approval else ()
