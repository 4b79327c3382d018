"""Runs whose rows are scored, as batch transform leaves them, and what their last states make of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

from evergreen.contract import Contract
from evergreen.generations import ScoringPart, ScoringParts
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.stores.predictions import Predictions
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World

Parts = dict[str, list[str]]


@dataclass
class Line:
    """The states from scored rows to readers, one run after another."""

    world: World
    function: Any
    handlers: dict[str, Handler] = field(default_factory=dict)
    runs: int = 0

    def run(self, parts: Parts, **facts: Any) -> dict[str, Any]:
        """A run whose parts are scored: each line is one of batch transform's; `rows` says how many there should be."""
        self.runs += 1
        lease = self.world.leases.take(DATASET, [f"a{self.runs}"], datetime.now(UTC))
        assert lease
        run_id = lease.run_id
        self.world.runs.create(run_id, status="RUNNING", fence=lease.fence)
        contract = self.world.contracts[DATASET].contract.model_dump_json(by_alias=True, exclude_none=True)
        self.world.files.write(RunLayout(DATASET, run_id).contract_file("dataset.json"), contract.encode())
        layout, wanted = RunLayout(DATASET, run_id), facts.get("rows", {})
        listed = [ScoringPart(part=name, rows=wanted.get(name, len(lines))) for name, lines in parts.items()]
        self.world.files.write(layout.scoring_parts, ScoringParts(tuple(listed)))
        report = DataReport(
            usable=True,
            files=(),
            rejections=(),
            rows=9,
            scoring_rows=sum(each.rows for each in listed),
            scoring_cutoff="2011-12-09",
        )
        self.world.files.write(layout.report, report)
        for name, lines in parts.items():
            if lines:
                self.world.aws.put(layout.predictions_part(name), "".join(f"{line}\n" for line in lines))
        champion = facts.get("champion", run_id)
        return {"dataset": DATASET, "run_id": run_id, "fence": lease.fence, "champion_run_id": champion}

    def states(self, run: dict[str, Any], **changed: Any) -> None:
        """Have the run's frozen contract say something else."""
        key = RunLayout(DATASET, run["run_id"]).contract_file("dataset.json")
        said = self.world.files.read(key, Contract).model_dump(by_alias=True, exclude_none=True)
        contract = Contract.model_validate({**said, **changed})
        self.world.files.write(key, contract.model_dump_json(by_alias=True, exclude_none=True).encode())

    def load(self, run: dict[str, Any], *names: str) -> None:
        """Load the parts, or those with these names."""
        layout = RunLayout(DATASET, run["run_id"])
        asked = {name: run[name] for name in ("dataset", "run_id", "champion_run_id")}
        for each in self.world.files.read(layout.scoring_parts, ScoringParts).root:
            if not names or each.part in names:
                self._invoke("load_predictions", {**asked, "part": each.part, "rows": each.rows})

    def publish(self, run: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._invoke("publish_predictions", run)
        return answer

    def remove(self, run: dict[str, Any]) -> dict[str, int]:
        asked = {name: run[name] for name in ("dataset", "run_id", "fence")}
        removed: dict[str, int] = self._invoke("remove_superseded", asked)
        return removed

    def end(self, run: dict[str, Any]) -> None:
        self.world.leases.release(DATASET, run["run_id"])

    def whole(self, parts: Parts, **facts: Any) -> dict[str, Any]:
        """A run from its scored rows to its end."""
        run = self.run(parts, **facts)
        self.load(run)
        self.publish(run)
        self.end(run)
        return run

    def items(self, generation: str) -> int:
        """How many items of a generation there are."""
        found = boto3.resource("dynamodb").Table("predictions").scan()["Items"]
        return sum(each["sk"] == generation for each in found)

    def read(self, entity: str, generation: str) -> dict[str, Any] | None:
        return Predictions(self.world.aws.predictions).get(DATASET, entity, generation)

    def _invoke(self, name: str, event: dict[str, Any]) -> Any:
        if name not in self.handlers:
            self.handlers[name] = self.function(name)
        return self.handlers[name](event)
