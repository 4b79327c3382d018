"""Smoke requests: rows that the batch has scored, asked of the endpoint before it may stay."""

import csv
from dataclasses import dataclass
from itertools import islice

from evergreen.contract import Contract
from evergreen.generations import ScoringParts
from evergreen.layout import RunLayout
from evergreen.predictions import read_answers, read_rows
from evergreen.stores.endpoint_answers import EndpointAnswers
from evergreen.stores.files import Files
from evergreen.verification import Agreement, agreement


@dataclass(frozen=True)
class Smoke:
    """Compares an endpoint with its champion's own predictions."""

    files: Files
    answers: EndpointAnswers

    def ask(self, endpoint: str, champion: str, generation: RunLayout, most: int) -> Agreement:
        """How many rows it answers as the batch did. Raises EndpointFailed."""
        contract = self.files.read(generation.contract_file("dataset.json"), Contract)
        part, rows = self._rows(generation, most)
        if not rows:
            return Agreement(0, 0)
        entities = [row[0] for row in rows]
        said = self.answers.score(endpoint, [[cell or None for cell in row[1:]] for row in rows], champion)
        now = read_answers(said, endpoint, champion, contract.task)
        written = islice(self.files.lines(generation.predictions_part(part)), most)
        batch = {row["entity"]: row for row in read_rows(written, part, champion, contract.task)}
        return agreement(entities, now, batch)

    def _rows(self, generation: RunLayout, most: int) -> tuple[str, list[list[str]]]:
        """The first rows that were scored, and the part that they are of."""
        parts = self.files.find(generation.scoring_parts, ScoringParts) or ScoringParts(())
        for each in parts.root:
            key = generation.scoring_part(each.part)
            if each.rows and self.files.exists(key) and self.files.exists(generation.predictions_part(each.part)):
                return each.part, list(islice(csv.reader(self.files.lines(key)), most))
        return "", []
