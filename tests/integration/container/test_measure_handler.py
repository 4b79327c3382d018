"""MeasureYield as SQS invokes it: a message that fails takes none beside it along."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from container.measure_yield.measurement import Measurement
from evergreen.contracts import Contracts, DatasetFolder
from tests.integration.container.logs import Line, csv_of, row
from tests.integration.stores.aws import BUCKET, account


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with account() as aws:
        yield Line(aws, tmp_path)


def message(line: Line, id_: str) -> dict[str, str]:
    dropped = line.put(f"{id_}.csv", csv_of([row(number, 5, "good", "good") for number in range(1, 7)]))
    said = {
        "time": "2026-03-10T12:00:00Z",
        "detail": {"bucket": {"name": BUCKET}, "object": {"key": dropped.key, "version-id": dropped.version_id}},
    }
    return {"messageId": id_, "body": json.dumps(said)}


def test_a_message_that_nobody_foresaw_comes_again_alone(
    line: Line, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_BUCKET", BUCKET)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    from container.measure_yield import handler as module

    monkeypatch.setattr(module, "s3", line.aws.s3)
    contracts = Contracts({line.contract.id: DatasetFolder(contract=line.contract, sql={})})
    monkeypatch.setattr(module, "contracts", lambda: contracts)
    take = Measurement.take

    def taken(self: Measurement, number: int, dropped: Any) -> None:
        if "odd" in dropped.key:
            raise RuntimeError("no engine foresaw this")
        take(self, number, dropped)

    monkeypatch.setattr(Measurement, "take", taken)
    records = [{"messageId": "unreadable", "body": "{"}, message(line, "odd"), message(line, "fine")]
    answer = module.handler({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "odd"}, {"itemIdentifier": "unreadable"}]}
    assert line.series().measure
    logged = capsys.readouterr().out
    assert "no engine foresaw this" in logged
