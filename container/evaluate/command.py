"""The verb `evaluate`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from container.clock import Clock
from container.directories import Directories
from container.evaluate.archive import StoredModel, digest, load_archive
from container.evaluate.holdout import HoldoutUnfit, seen_in_training, unjudgeable
from container.evaluate.interval import checked_interval
from container.evaluate.judgement import Judgement, Scored
from container.evaluate.leaks import leaks
from container.evaluate.rows_file import write_rows
from container.log import log
from container.model import Model, ModelUnusable
from container.report.model.page import report
from container.report.model.subject import Subject
from container.rows import LabelledRows, matrix
from container.signature import Signature, SignatureError
from evergreen.contract import Contract
from evergreen.evaluation import Evaluation, Role
from evergreen.layout import RunLayout
from evergreen.manifest import ChampionModel, DataReport, RunManifest


@dataclass(frozen=True)
class Scores:
    """What every model says of the hold-out: nothing, where the hold-out cannot tell one from another."""

    of: dict[Role, Scored]
    champion: Model | None = None
    unscorable: str | None = None


def run(directories: Directories, prefix: str) -> None:
    """Score challenger, champion and baseline on the same rows, and write how they compare and a report of it."""
    clock, source = Clock(), directories.processing_input
    manifest = RunManifest.model_validate_json((source / "run" / prefix / "run.json").read_bytes())
    contract = Contract.model_validate_json((source / "holdout" / "dataset.json").read_bytes())
    signature = Signature.from_json((source / "holdout" / "signature.json").read_bytes())
    rows = LabelledRows.read(source / "holdout" / "holdout.parquet", signature)
    challenger = load_archive(source / "challenger" / "model.tar.gz")
    judgement = Judgement(contract, rows, signature)
    reason = unjudgeable(rows, signature)
    if reason:
        scores, evaluation = Scores({}), judgement.none(reason)
    else:
        scores = _scores(source, manifest, challenger, judgement)
        found = leaks(rows, signature, contract.gate.trusted)
        interval = checked_interval(challenger.model, scores.of["challenger"].predictions, rows.targets)
        evaluation = judgement.of(scores.of).model_copy(
            update={
                "champion_unscorable": scores.unscorable,
                "leaks": found,
                "challenger_sha256": challenger.sha256,
                "prediction_interval": interval,
            }
        )
    folder = directories.processing_output / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(evaluation.model_dump_json(indent=1))
    write_rows(folder / "rows.parquet", rows, signature, scores.of, judgement.shares(scores.of))
    log("evaluated", **_without_intervals(evaluation))
    subject = Subject(
        manifest,
        contract,
        signature,
        rows,
        challenger.model,
        {role: each.predictions for role, each in scores.of.items()},
        evaluation,
        thresholds={role: each.threshold for role, each in scores.of.items()},
        champion=scores.champion,
        data=_data_report(source / "run", manifest),
        clock=clock,
    )
    report(subject).write(folder)


def _scores(source: Path, manifest: RunManifest, challenger: StoredModel, judgement: Judgement) -> Scores:
    """Challenger, baseline and, if it can be scored, champion; otherwise why it cannot."""
    rows, signature = judgement.rows, judgement.signature
    scored: dict[Role, Scored] = {
        "challenger": _score(challenger, rows, signature),
        "baseline": _baseline(challenger, judgement.contract, len(rows.targets)),
    }
    if manifest.champion is None:
        return Scores(scored)
    try:
        champion = _champion(source / "run", manifest.champion)
        return Scores({**scored, "champion": _score(champion, rows, signature)}, champion.model)
    except (ModelUnusable, SignatureError, HoldoutUnfit) as error:
        reason = f"the champion of run {manifest.champion.run_id} cannot be scored: {error}"
        return Scores(scored, unscorable=reason)


def _champion(folder: Path, champion: ChampionModel) -> StoredModel:
    path = folder / champion.model_key
    if not path.exists():
        raise ModelUnusable(f"its model {champion.model_key} is missing")
    if champion.model_sha256 and digest(path) != champion.model_sha256:
        raise ModelUnusable(f"{champion.model_key} is not the file that was judged: its SHA-256 is another one")
    return load_archive(path)


def _data_report(folder: Path, manifest: RunManifest) -> DataReport | None:
    path = folder / RunLayout(manifest.dataset, manifest.run_id).report
    return DataReport.model_validate_json(path.read_bytes()) if path.exists() else None


def _score(stored: StoredModel, rows: LabelledRows, signature: Signature) -> Scored:
    """Score by the model's own signature, on rows that neither it nor its labels have seen."""
    model = stored.model
    if model.signature.task != signature.task:
        raise SignatureError(f"it is of task {model.signature.task}, and the hold-out of {signature.task}")
    mismatch = model.signature.mismatch(signature)
    if mismatch:
        raise SignatureError(mismatch)
    seen = seen_in_training(model.training, stored.learned, rows, signature)
    if seen:
        raise HoldoutUnfit(seen)
    return Scored(model.predict(matrix(rows.table, model.signature)), model.threshold)


def _baseline(challenger: StoredModel, contract: Contract, rows: int) -> Scored:
    """What one would say of everyone, knowing the training rows' labels alone: of two classes, the rare one."""
    baseline = challenger.model.training["baseline"]
    naive = challenger.model.task.naive(baseline, contract.metric, contract.gate.quantile)
    return Scored(np.tile(np.array(naive, dtype=np.float32), (rows, 1)), threshold=0.0)


def _without_intervals(evaluation: Evaluation) -> dict[str, object]:
    return evaluation.model_dump(exclude={"intervals", "slices"})
