"""A run as MLflow shows it: parameters, metrics, tags and the data set, within MLflow's limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from evergreen.approval import approval_of, decided
from evergreen.lineage import Lineage, rows_by_source, scores_of

RUN_ID = "evergreen.run_id"  # the tag by which a run is found again
_LONGEST_PARAMETER = 6000
_LONGEST_TAG = 8000
_LONGEST_DIGEST = 36
_CAUSES = 20
_DATA = ("rows", "train_rows", "validation_rows", "holdout_rows", "first_day", "last_day", "holdout_cutoff")
_FINISHED, _FAILED, _KILLED = "FINISHED", "FAILED", "KILLED"
_STATUS = {"SUCCEEDED": _FINISHED, "DATA_REJECTED": _KILLED, "FAILED": _FAILED}


@dataclass(frozen=True)
class TrackedData:
    """The data set that a run learned from."""

    name: str
    digest: str
    source_uri: str
    rows: int


@dataclass(frozen=True)
class TrackedRun:
    """What MLflow is told; telling it again changes nothing."""

    experiment: str
    run_id: str
    started_ms: int
    ended_ms: int
    status: str
    parameters: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    data: TrackedData | None
    model_uri: str | None
    reason: str  # why it ended as it did


def tracked_run(lineage: Lineage, status: str, now: datetime) -> TrackedRun:
    """What MLflow is told of a run that ended with this status (of the run's record)."""
    record = lineage.record
    verdict, evaluation = lineage.verdict, lineage.evaluation
    fault = record.get("error") or record.get("reason") or ""  # of a run that went wrong, or whose data did
    approval = approval_of(record)
    said = [*verdict.reasons, *([approval.sentence] if approval else [])] if verdict else []
    reason = " ".join(said) if said and not fault else str(fault)
    metrics = {
        f"{role}/{name}": value
        for role, scores in (scores_of(evaluation) if evaluation else {}).items()
        for name, value in scores.items()
        if isfinite(value)
    }
    return TrackedRun(
        experiment=lineage.dataset,
        run_id=lineage.run_id,
        started_ms=_milliseconds(record.get("started_at")) or int(now.timestamp() * 1000),
        ended_ms=_milliseconds(record.get("ended_at")) or int(now.timestamp() * 1000),
        status=_STATUS.get(status, _FAILED),
        parameters=_texts(_parameters(lineage), _LONGEST_PARAMETER),
        metrics=metrics,
        tags=_texts(_tags(lineage, status, reason), _LONGEST_TAG),
        data=_data(lineage),
        model_uri=lineage.model_uri if verdict else None,
        reason=reason,
    )


def _parameters(lineage: Lineage) -> dict[str, Any]:
    trained = {"algorithm": lineage.algorithm, **lineage.hyperparameters}
    if lineage.data is None:
        return trained
    sources = {f"train_rows_{source}": rows for source, rows in rows_by_source(lineage).items()}
    return trained | {name: getattr(lineage.data, name) for name in _DATA} | sources


def _tags(lineage: Lineage, status: str, reason: str) -> dict[str, Any]:
    record, verdict, origin = lineage.record, lineage.verdict, lineage.origin
    return {
        RUN_ID: lineage.run_id,
        "evergreen.status": status,
        "evergreen.verdict": verdict.outcome if verdict else None,
        "evergreen.approval": decided(record),
        "evergreen.metric": lineage.evaluation.metric if lineage.evaluation else None,
        "evergreen.causes": "\n".join(record.get("causes", [])[:_CAUSES]),
        "evergreen.git_commit": origin.git_commit if origin else None,
        "evergreen.image": origin.image if origin else None,
        "evergreen.model_package_arn": record.get("model_package_arn"),
        "evergreen.teachers": lineage.teachers.sentence() if lineage.teachers else None,
        "evergreen.report": lineage.report_uri if lineage.evaluation else None,
        "mlflow.note.content": reason,  # what the UI shows as the run's description
        "mlflow.source.name": lineage.manifest_uri,
        "mlflow.user": "evergreen",
    }


def _data(lineage: Lineage) -> TrackedData | None:
    data = lineage.data
    if data is None:
        return None
    # MLflow takes data of one name and digest for the same: the run's own digest, which stands for what was dropped,
    # keeps apart what only has the same features.
    digest = f"{lineage.run_id.rpartition('-')[2]}-{data.features_hash or ''}"
    return TrackedData(lineage.dataset, digest[:_LONGEST_DIGEST], lineage.manifest_uri, data.rows)


def _texts(values: Mapping[str, Any], longest: int) -> dict[str, str]:
    return {name: str(value)[:longest] for name, value in values.items() if value not in (None, "")}


def _milliseconds(at: str | None) -> int | None:
    return int(datetime.fromisoformat(at).timestamp() * 1000) if at else None
