"""All predictions of a generation, from the very lines that its items were loaded from."""

from collections.abc import Iterator
from typing import Any

from evergreen.contract import Contract
from evergreen.errors import UserMustAct
from evergreen.generations import Published, ScoringParts
from evergreen.layout import RunLayout
from evergreen.predictions import Scoring
from evergreen.stores.files import Files
from evergreen.stores.intervals import interval_of


class ScoredRows:
    """The scored parts of runs, in the data bucket; reading them all costs DynamoDB nothing."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def contract(self, dataset: str, generation: str) -> Contract:
        """The contract that the generation was made by."""
        return self._files.read(RunLayout(dataset, generation).contract_file("dataset.json"), Contract)

    def of(self, dataset: str, published: Published) -> Iterator[dict[str, Any]]:
        """Every prediction, ordered by entity, each as its item has it. Raises UserMustAct when a part is gone."""
        layout = RunLayout(dataset, published.generation)
        contract = self.contract(dataset, published.generation)
        interval = interval_of(dataset, published.champion, contract.task, self._files)
        for each in self._files.read(layout.scoring_parts, ScoringParts).root:
            key = layout.predictions_part(each.part)
            scored_at = self._files.modified(key)
            if scored_at is None:
                uri = self._files.uri(key)
                raise UserMustAct(f"{uri} is gone; restore it (the bucket keeps versions), or retrain: {dataset}")
            scoring = Scoring(contract, published.generation, published.champion, published.as_of, scored_at, interval)
            yield from scoring.rows(self._files.lines(key), key)
