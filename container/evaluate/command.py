"""The verb `evaluate`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.directories import Directories
from container.evaluate.archive import load_archive
from container.evaluate.bootstrap import compare
from container.evaluate.contribution import Contribution, Truth, contribution
from container.evaluate.holdout import HoldoutUnfit, read_holdout, seen_in_training
from container.log import log
from container.model import HurdleModel, ModelUnusable, Predictions
from container.rows import LabelledRows, matrix
from container.signature import Signature, SignatureError
from evergreen.contract import Contract
from evergreen.metrics import HIGHER_IS_BETTER, MetricName
from evergreen.manifest import ChampionModel, Evaluation, RunManifest

ALWAYS: tuple[MetricName, ...] = ("mae", "roc_auc", "brier")


def run(directories: Directories, prefix: str) -> None:
    """Score challenger, champion and baseline on the same rows and write how they compare."""
    source = directories.processing_input
    manifest = RunManifest.model_validate_json((source / "run" / prefix / "run.json").read_bytes())
    contract = Contract.model_validate_json((source / "holdout" / "dataset.json").read_bytes())
    signature = Signature.from_json((source / "holdout" / "signature.json").read_bytes())
    rows = read_holdout(source / "holdout", signature)
    truth = Truth(rows.durations, signature.horizon_days)
    challenger = load_archive(source / "challenger" / "model.tar.gz")
    predictions = {
        "challenger": _score(challenger, rows, signature),
        "baseline": _baseline(challenger, len(truth.events)),
    }
    unscorable = None
    if manifest.champion:
        try:
            predictions["champion"] = _score(_champion(source / "run", manifest.champion), rows, signature)
        except (ModelUnusable, SignatureError, HoldoutUnfit) as error:
            unscorable = f"the champion of run {manifest.champion.run_id} cannot be scored: {error}"
    evaluation, losses = _evaluate(contract, truth, predictions, unscorable)
    folder = directories.processing_output / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(evaluation.model_dump_json(indent=1))
    _write_rows(folder / "rows.parquet", rows, signature, predictions, losses)
    log("evaluated", **evaluation.model_dump())


def _champion(folder: Path, champion: ChampionModel) -> HurdleModel:
    path = folder / champion.model_key
    if not path.exists():
        raise ModelUnusable(f"its model {champion.model_key} is missing")
    return load_archive(path)


def _score(model: HurdleModel, rows: LabelledRows, signature: Signature) -> Predictions:
    """Score by the model's own signature, on rows that neither it nor its labels have seen."""
    mismatch = model.signature.mismatch(signature)
    if mismatch:
        raise SignatureError(mismatch)
    seen = seen_in_training(model.training, rows)
    if seen:
        raise HoldoutUnfit(seen)
    return model.predict(matrix(rows.table, model.signature))


def _baseline(challenger: HurdleModel, rows: int) -> Predictions:
    """What one would say of everyone: the median days and the share of events in the training rows."""
    naive = challenger.training["baseline"]
    return Predictions(
        np.full(rows, naive["duration"], dtype=np.float32),
        np.full(rows, naive["event_probability"], dtype=np.float32),
    )


def _evaluate(
    contract: Contract, truth: Truth, predictions: dict[str, Predictions], unscorable: str | None
) -> tuple[Evaluation, dict[str, Contribution]]:
    metric = contract.metric
    asked = {*ALWAYS, metric, *contract.gate.floors, *contract.gate.guards}
    shares = {
        model: {name: contribution(name, truth, predicted) for name in sorted(asked)}
        for model, predicted in predictions.items()
    }
    values = {model: {name: share.value() for name, share in of.items()} for model, of in shares.items()}
    gate = {model: of[metric] for model, of in shares.items()}
    higher = HIGHER_IS_BETTER[metric]
    evaluation = Evaluation(
        task=contract.task,
        metric=metric,
        rows=len(truth.durations),
        judged_rows=int(truth.events.sum()),
        challenger=values["challenger"],
        baseline=values["baseline"],
        champion=values.get("champion"),
        champion_unscorable=unscorable,
        against_baseline=compare("baseline", gate["challenger"], gate["baseline"], higher),
        against_champion=(
            compare("champion", gate["challenger"], gate["champion"], higher) if "champion" in gate else None
        ),
    )
    return evaluation, gate


def _write_rows(
    path: Path,
    rows: LabelledRows,
    signature: Signature,
    predictions: dict[str, Predictions],
    gate: dict[str, Contribution],
) -> None:
    """Every model's prediction and share of the gate metric, row by row, for whoever wants to look closer."""
    table = rows.table.select([signature.entity, "as_of", signature.target])
    for model, predicted in predictions.items():
        table = table.append_column(f"{model}_duration", pa.array(predicted.duration))
        table = table.append_column(f"{model}_event_probability", pa.array(predicted.event_probability))
        table = table.append_column(f"{model}_share", pa.array(gate[model].numerator))
    pq.write_table(table, path, compression="zstd")
