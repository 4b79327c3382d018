"""Where a model comes from: what is recorded of each run, in whichever registry it is recorded."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from evergreen.approval import how_to_decide
from evergreen.evaluation import Evaluation
from evergreen.gate import Gate
from evergreen.manifest import DataReport
from evergreen.teachers import TeachersReport
from evergreen.verdict import Verdict

ApprovalStatus = Literal["Approved", "PendingManualApproval", "Rejected"]

# SageMaker's limits of a model package.
LONGEST_DESCRIPTION = 1024
LONGEST_PROPERTY = 256
_CUT = " ..."
_PROPERTY_MARKS = "_.:/=+-@"  # a property holds these, letters, digits and spaces
_LIKE_IT = str.maketrans({"%": " per cent", ",": None, "(": " - ", ")": None, "'": None, '"': None})


@dataclass(frozen=True)
class Origin:
    """What made a model, besides its data: the code, by its commit, and the image that ran it."""

    git_commit: str
    image: str


@dataclass(frozen=True)
class Lineage:
    """All that is known of one run; a run that ended early knows less."""

    dataset: str
    run_id: str
    manifest_uri: str  # run.json: the data the run was allowed to look at, file by file
    report_uri: str  # the page for people
    algorithm: str
    hyperparameters: dict[str, str]
    record: dict[str, Any] = field(default_factory=dict)  # as evergreen.stores.runs keeps it
    data: DataReport | None = None
    teachers: TeachersReport | None = None
    evaluation: Evaluation | None = None
    verdict: Verdict | None = None
    origin: Origin | None = None
    model_uri: str | None = None


def model_group(prefix: str, dataset: str) -> str:
    """The model package group of a data set; the CDK app makes it."""
    return f"{prefix}-{dataset.replace('_', '-')}"


def approval_status(verdict: Verdict, gate: Gate) -> ApprovalStatus:
    """How a challenger's package stands once it is judged."""
    if not verdict.promote:
        return "Rejected"
    return "PendingManualApproval" if gate.approval == "manual" else "Approved"


def first_word(run_id: str, verdict: Verdict, gate: Gate) -> str:
    """Why the package stands so; who may approve is told how, for an approval in SageMaker would move nothing."""
    if approval_status(verdict, gate) == "PendingManualApproval":
        return "\n".join([verdict.reasons[0], "Decide by:", *how_to_decide(run_id)])
    return verdict.reasons[0]


def description(text: str) -> str:
    """A sentence as SageMaker takes it beside an approval status: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_DESCRIPTION else line[: LONGEST_DESCRIPTION - 2].rstrip() + " …"


def package_properties(lineage: Lineage) -> dict[str, str]:
    """The metadata of a model package; what is not known, or does not fit, is left out rather than made up."""
    known = {
        "algorithm": lineage.algorithm,
        "data_manifest": lineage.manifest_uri,
        "report": lineage.report_uri,
        "run_id": lineage.run_id,
        **_of_origin(lineage.origin),
        **_of_verdict(lineage.verdict),
        **_of_evaluation(lineage.evaluation),
        **_of_data(lineage.data),
        **{f"train_rows_{source}": str(rows) for source, rows in rows_by_source(lineage).items()},
    }
    return {name: value for name, value in ((name, _property(value)) for name, value in known.items()) if value}


def _of_origin(origin: Origin | None) -> dict[str, str]:
    return {"git_commit": origin.git_commit, "image": origin.image} if origin else {}


def _of_verdict(verdict: Verdict | None) -> dict[str, str]:
    return {"verdict": verdict.outcome, "reason": " ".join(verdict.reasons)} if verdict else {}


def _of_evaluation(evaluation: Evaluation | None) -> dict[str, str]:
    if evaluation is None:
        return {}
    metric = evaluation.metric
    values = {role: scores[metric] for role, scores in scores_of(evaluation).items() if metric in scores}
    return {
        "metric": metric,
        "holdout_rows": str(evaluation.rows),
        **{f"{role}_{metric}": repr(value) for role, value in values.items()},
    }


def _of_data(data: DataReport | None) -> dict[str, str]:
    if data is None:
        return {}
    window = f"{data.first_day} - {data.last_day}" if data.first_day and data.last_day else ""
    cutoff = data.holdout_cutoff or ""
    rows = {"data_rows": str(data.rows), "train_rows": str(data.train_rows)}
    return {**rows, "data_window": window, "holdout_cutoff": cutoff, "features_hash": data.features_hash or ""}


def rows_by_source(lineage: Lineage) -> dict[str, int]:
    """How many training rows were dropped, are recent items with their outcome, or are labelled by teachers."""
    dropped = dict(lineage.data.rows_by_source) if lineage.data else {}
    return dropped | ({"teachers": lineage.teachers.labelled} if lineage.teachers else {})


def scores_of(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Every model's metrics on the hold-out, by its role."""
    found = {"challenger": evaluation.challenger, "champion": evaluation.champion, "baseline": evaluation.baseline}
    return {role: {str(name): value for name, value in scores.items()} for role, scores in found.items() if scores}


def _property(value: str) -> str:
    """The text with nothing in it that SageMaker refuses in a property."""
    line = " ".join(str(value).translate(_LIKE_IT).split())
    allowed = "".join(each for each in line if unicodedata.category(each)[0] in "LN" or each in _PROPERTY_MARKS + " ")
    text = " ".join(allowed.split())
    if len(text) <= LONGEST_PROPERTY:
        return text
    kept = text[: LONGEST_PROPERTY - len(_CUT)]
    return (kept.rpartition(" ")[0] or kept) + _CUT  # a number cut short would be another number
