"""One part of a generation: from the lines that batch transform wrote to items."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evergreen.contract import Contract
from evergreen.entities import digest, packed
from evergreen.errors import TrainingFailed
from evergreen.generations import NO_SEGMENT, LoadedPart
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.predictions import Scoring
from evergreen.stores.files import Files
from evergreen.stores.intervals import interval_of
from evergreen.stores.loader import Loader
from functions.load_predictions.request import Request


@dataclass
class Tally:
    """What is counted while rows go by."""

    scored: int = 0
    sample: str = ""
    segments: Counter[str] = field(default_factory=Counter)
    entities: "array[int]" = field(default_factory=lambda: array("Q"))  # their digests

    def of(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The same rows, counted."""
        for row in rows:
            self.scored += 1
            self.sample = self.sample or row["entity"]
            self.segments[row.get("segment", NO_SEGMENT)] += 1
            self.entities.append(digest(row["entity"]))
            yield row


def load_part(request: Request, files: Files, loader: Loader) -> LoadedPart:
    """Load one part; what is wrong with its lines is part of the answer, for another try could not help."""
    layout = RunLayout(request.dataset, request.run_id)
    source, tally = layout.predictions_part(request.part), Tally()
    contract = files.read(layout.contract_file("dataset.json"), Contract)
    as_of = files.read(layout.report, DataReport).scoring_cutoff
    scored_at, written, problem = files.modified(source), 0, None
    if scored_at is None:
        problem = f"{files.uri(source)} is not there: batch transform gave no predictions for {request.part}"
    else:
        interval = interval_of(request.dataset, request.champion_run_id, contract.task, files)
        scoring = Scoring(contract, request.run_id, request.champion_run_id, as_of, scored_at, interval)
        try:
            rows = tally.of(scoring.rows(files.lines(source), source))
            written = loader.load(request.dataset, request.run_id, rows)
        except TrainingFailed as error:
            problem = str(error)
        files.write(layout.loaded_entities(request.part), packed(tally.entities))
    return LoadedPart(
        part=request.part,
        rows=request.rows,
        scored=tally.scored,
        written=written,
        sample=tally.sample,
        segments={name: count for name, count in tally.segments.items() if contract.segments},
        problem=problem,
    )
