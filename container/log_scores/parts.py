"""The parts of a run's predictions, each as a log that is written once: every writing is an event that is measured."""

from dataclasses import dataclass

from container.empty_folder import empty_folder
from container.log_scores.run_objects import RunObjects
from container.log_scores.scored_part import ScoredPart
from container.signature import Signature, positive_of
from evergreen.contract import Contract
from evergreen.generations import ScoringParts
from evergreen.inference import batch_log, batch_logs, logged_columns
from evergreen.layout import RunLayout


@dataclass(frozen=True)
class WrittenLog:
    """A log that is there now and was not before."""

    key: str
    rows: int


def log_parts(objects: RunObjects, dataset: str, run_id: str, champion_run_id: str) -> list[WrittenLog]:
    """Write a log of every part that has none yet. Raises StoreUnavailable."""
    layout, written = RunLayout(dataset, run_id), list[WrittenLog]()
    contract = Contract.model_validate_json(objects.read(layout.contract_file("dataset.json")))
    positive = positive_of(Signature.from_json(objects.read(layout.signature)))
    parts = ScoringParts.model_validate_json(objects.read(layout.scoring_parts)).root
    there = objects.keys(batch_logs(dataset, run_id))
    for part in (each.part for each in parts):
        log_key, scored_key = batch_log(dataset, run_id, part), layout.predictions_part(part)
        if log_key in there:
            continue
        scored = ScoredPart(
            source=objects.uri(scored_key),
            task=contract.task,
            positive=positive,
            model=champion_run_id,
            scored_at=objects.modified(scored_key),  # the same at another attempt, so that nothing counts twice
        )
        with empty_folder("log-scores") as folder:
            predictions = objects.fetch(scored_key, folder / "predictions.csv")
            dropped = objects.fetch(layout.logged_part(part), folder / "dropped.parquet") if _named(contract) else None
            rows = scored.write_log(predictions, dropped, folder / "log.csv.gz")
            if objects.put_new(log_key, folder / "log.csv.gz"):
                written.append(WrittenLog(log_key, rows))
    return written


def _named(contract: Contract) -> bool:
    """Whether rows as they were dropped are to be logged; of an event log there are none."""
    return bool(logged_columns(contract))
