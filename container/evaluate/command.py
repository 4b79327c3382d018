"""The verb `evaluate`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.clock import Clock
from container.directories import Directories
from container.evaluate.archive import load_archive
from container.evaluate.bootstrap import compare
from container.evaluate.holdout import HoldoutUnfit, read_holdout, seen_in_training
from container.log import log
from container.metrics import Statistic
from container.model import Model, ModelUnusable
from container.report.model.page import report
from container.report.model.subject import Subject
from container.rows import LabelledRows, matrix
from container.signature import AS_OF, Signature, SignatureError
from container.tasks import TASKS
from container.tasks.definition import Predictions
from evergreen.contract import Contract
from evergreen.evaluation import Evaluation, Role
from evergreen.layout import RunLayout
from evergreen.manifest import ChampionModel, DataReport, RunManifest
from evergreen.metrics import HIGHER_IS_BETTER, OF_TASK, MetricName

ONLY_WHEN_ASKED: tuple[MetricName, ...] = ("concordance",)  # it looks at every pair of rows


def run(directories: Directories, prefix: str) -> None:
    """Score challenger, champion and baseline on the same rows and write how they compare."""
    clock, source = Clock(), directories.processing_input
    manifest = RunManifest.model_validate_json((source / "run" / prefix / "run.json").read_bytes())
    contract = Contract.model_validate_json((source / "holdout" / "dataset.json").read_bytes())
    signature = Signature.from_json((source / "holdout" / "signature.json").read_bytes())
    rows = read_holdout(source / "holdout", signature)
    challenger = load_archive(source / "challenger" / "model.tar.gz")
    predictions: dict[Role, Predictions] = {
        "challenger": _score(challenger, rows, signature),
        "baseline": _baseline(challenger, contract.metric, len(rows.targets)),
    }
    champion = unscorable = None
    if manifest.champion:
        try:
            champion = _champion(source / "run", manifest.champion)
            predictions["champion"] = _score(champion, rows, signature)
        except (ModelUnusable, SignatureError, HoldoutUnfit) as error:
            unscorable = f"the champion of run {manifest.champion.run_id} cannot be scored: {error}"
    evaluation, gate = _evaluate(contract, rows, signature, predictions, unscorable)
    folder = directories.processing_output / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(evaluation.model_dump_json(indent=1))
    _write_rows(folder / "rows.parquet", rows, signature, predictions, gate)
    subject = Subject(
        manifest,
        contract,
        signature,
        rows,
        challenger,
        predictions,
        evaluation,
        champion=champion if "champion" in predictions else None,
        data=_data_report(source / "run", manifest),
        clock=clock,
    )
    report(subject).write(folder)
    log("evaluated", **evaluation.model_dump())


def _champion(folder: Path, champion: ChampionModel) -> Model:
    path = folder / champion.model_key
    if not path.exists():
        raise ModelUnusable(f"its model {champion.model_key} is missing")
    return load_archive(path)


def _data_report(folder: Path, manifest: RunManifest) -> DataReport | None:
    path = folder / RunLayout(manifest.dataset, manifest.run_id).report
    return DataReport.model_validate_json(path.read_bytes()) if path.exists() else None


def _score(model: Model, rows: LabelledRows, signature: Signature) -> Predictions:
    """Score by the model's own signature, on rows that neither it nor its labels have seen."""
    if model.signature.task != signature.task:
        raise SignatureError(f"it is of task {model.signature.task}, and the hold-out of {signature.task}")
    mismatch = model.signature.mismatch(signature)
    if mismatch:
        raise SignatureError(mismatch)
    seen = seen_in_training(model.training, rows, signature)
    if seen:
        raise HoldoutUnfit(seen)
    return model.predict(matrix(rows.table, model.signature))


def _baseline(challenger: Model, metric: MetricName, rows: int) -> Predictions:
    """What one would say of everyone, knowing the training rows' labels alone."""
    naive = challenger.task.naive(challenger.training["baseline"], metric)
    return np.tile(np.array(naive, dtype=np.float32), (rows, 1))


def _evaluate(
    contract: Contract,
    rows: LabelledRows,
    signature: Signature,
    predictions: dict[Role, Predictions],
    unscorable: str | None,
) -> tuple[Evaluation, dict[Role, Statistic]]:
    metric, task = contract.metric, TASKS[contract.task]
    asked = {metric, *contract.gate.floors, *contract.gate.guards}
    names = [name for name in OF_TASK[contract.task] if name in asked or name not in ONLY_WHEN_ASKED]
    found = {
        model: {name: task.statistic(name, rows.targets, predicted, signature) for name in names}
        for model, predicted in predictions.items()
    }
    values = {model: {name: each.value() for name, each in of.items()} for model, of in found.items()}
    gate = {model: of[metric] for model, of in found.items()}
    higher = HIGHER_IS_BETTER[metric]
    evaluation = Evaluation(
        task=contract.task,
        metric=metric,
        rows=len(rows.targets),
        judged_rows=int((~np.isnan(rows.targets)).sum()),
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
    predictions: dict[Role, Predictions],
    gate: dict[Role, Statistic],
) -> None:
    """Every model's answer and share of the gate metric, row by row, for whoever wants to look closer."""
    table = rows.table.select([signature.entity, AS_OF, signature.target])
    for model, predicted in predictions.items():
        answer = TASKS[signature.task].answer(predicted)
        columns = [pa.array(column) for column in answer.numbers.T]
        if answer.labels is not None:
            columns.insert(0, pa.array(signature.classes, pa.string()).take(pa.array(answer.labels)))
        for name, column in zip(signature.outputs, columns, strict=True):
            table = table.append_column(f"{model}_{name}", column)
        table = table.append_column(f"{model}_share", pa.array(gate[model].shares))
    pq.write_table(table, path, compression="zstd")
