"""Inference logs of a small data set, and an account in which they are dropped and measured."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from container.measure_yield.data_bucket import DataBucket
from container.measure_yield.measurement import Measurement
from container.measure_yield.taking import Dropped
from evergreen.contract import Contract
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.inference import LogReport
from evergreen.layout import ObservedLayout
from evergreen.yield_series import YieldSeries
from tests.integration.stores.aws import BUCKET, Account

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
COLUMNS = ("item_id", "time", "prediction", "confidence", "outcome", "model", "speed")
MODEL = "line-00001-aaaaaaaa"
OTHER = "line-00002-bbbbbbbb"


def contract(**stated: Any) -> Contract:
    """Items of a line that are good or bad, by their speed."""
    yields = {"good_when": "prediction = outcome", "threshold": 0.5, "window": 10, "min_samples": 4} | stated
    columns = {
        "item": {"type": "integer", "min": 1},
        "speed": {"type": "number"},
        "made": {"type": "text", "allowed": ["good", "bad"]},
    }
    return Contract.model_validate(
        {
            "id": "line",
            "entity": "item",
            "task": "multiclass",
            "input": {"columns": columns},
            "target": {"column": "made"},
            "split": {"by": "random"},
            "yield": yields,
        }
    )


def moment(minutes: float) -> str:
    """So many minutes before now, as a log has it."""
    return (NOW - timedelta(minutes=minutes)).isoformat()


def row(item: object, minutes: float, prediction: str = "", outcome: str = "", **more: object) -> dict[str, Any]:
    given = {"item_id": item, "time": moment(minutes), "prediction": prediction, "outcome": outcome, "model": MODEL}
    return given | {"confidence": 0.9 if prediction else "", "speed": 1.5} | more


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = COLUMNS) -> str:
    names = list(columns)
    lines = [",".join(str(each.get(name, "")) for name in names) for each in rows]
    return "\n".join([",".join(names), *lines]) + "\n"


def json_of(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps({name: value for name, value in each.items() if value != ""}) + "\n" for each in rows)


@dataclass
class Line:
    """A data set whose logs are dropped and measured; each measurement has a folder of its own."""

    aws: Account
    folder: Path
    contract: Contract = field(default_factory=contract)
    count: int = 0
    now: datetime = NOW

    @property
    def layout(self) -> ObservedLayout:
        return ObservedLayout(self.contract.id)

    def put(self, name: str, body: str | bytes, folder: str = "line") -> Dropped:
        """Drop a log; gives what the event would say."""
        key = f"inference/{folder}/{name}"
        body = body.encode() if isinstance(body, str) else body
        version = str(self.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"])
        return self.dropped(key, version)

    def dropped(self, key: str, version: str) -> Dropped:
        """A log that is there already, as its event would say."""
        return Dropped(BUCKET, key, version, NOW + timedelta(seconds=self.count))

    def measurement(self) -> Measurement:
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        contracts = Contracts({self.contract.id: DatasetFolder(contract=self.contract, sql={})})
        return Measurement(DataBucket(self.aws.s3, BUCKET), contracts, folder, clock=lambda: self.now)

    def measure(self, *dropped: Dropped) -> YieldSeries:
        """Take these logs in one invocation, and measure."""
        measurement = self.measurement()
        for number, each in enumerate(dropped):
            measurement.take(number, each)
        for dataset in measurement.taken:
            measurement.measure(dataset)
        return self.series()

    def series(self) -> YieldSeries:
        return YieldSeries.model_validate_json(self.aws.text(self.layout.series))

    def report(self, dropped: Dropped) -> LogReport:
        return LogReport.model_validate_json(self.aws.text(f"{dropped.quarantine}/report.json"))

    def rejected(self, dropped: Dropped) -> list[tuple[str, str, str]]:
        """Line, column and rule of each rejection."""
        lines = self.aws.text(f"{dropped.quarantine}/rejected.csv").splitlines()
        return [(each["line"], each["column"], each["rule"]) for each in csv.DictReader(lines)]
