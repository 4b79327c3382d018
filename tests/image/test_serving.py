"""The built image as a model server without a network."""

import io
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from container.serve.media import CSV, DECODERS, ENCODERS
from container.signature import Signature
from local.image.image import Contained, Image
from local.processes import Processes
from tests.image.conftest import Sealed

pytestmark = pytest.mark.image


@dataclass
class Served:
    container: Contained
    client: httpx.Client
    rows: list[str]
    signature: Signature

    def body(self, kind: str, rows: int) -> bytes:
        lines = (self.rows * (rows // len(self.rows) + 1))[:rows]
        if kind == CSV:
            return "\n".join(lines).encode()
        table = self.table(lines)
        values = [list(row.values()) for row in table.to_pylist()]
        sink = io.BytesIO()
        match kind:
            case "application/json":
                return json.dumps({"instances": values}).encode()
            case "application/x-ndjson":
                return "\n".join(map(json.dumps, values)).encode()
            case "application/x-parquet":
                pq.write_table(table, sink)
            case _:
                with pa.ipc.new_stream(sink, table.schema) as writer:
                    writer.write_table(table)
        return sink.getvalue()

    def table(self, lines: list[str]) -> pa.Table:
        columns = zip(*(line.split(",") for line in lines), strict=True)
        return pa.table(
            {
                feature.name: [
                    (cell if feature.type == "category" else float(cell)) if cell else None for cell in column
                ]
                for feature, column in zip(self.signature.features, columns, strict=True)
            }
        )

    def score(self, given: str, wanted: str, rows: int) -> list[list[float]]:
        headers = {"content-type": given, "accept": wanted}
        answer = self.client.post("/invocations", content=self.body(given, rows), headers=headers)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, wanted), answer.text
        match wanted:
            case "text/csv":
                return [[float(cell) for cell in line.split(",")] for line in answer.text.splitlines()]
            case "application/json":
                items = answer.json()["predictions"]
            case "application/x-ndjson":
                items = [json.loads(line) for line in answer.text.splitlines()]
            case "application/x-parquet":
                items = pq.read_table(io.BytesIO(answer.content)).to_pylist()
            case _:
                items = pa.ipc.open_stream(answer.content).read_all().to_pylist()
        return [list(item.values()) for item in items]


@pytest.fixture(scope="module")
def served(sealed: Sealed, image: Image, processes: Processes) -> Iterator[Served]:
    sealed.command()  # opens the folders to anybody
    env = {"SAGEMAKER_BATCH": "true", "SAGEMAKER_BIND_TO_PORT": "8091"}
    container = image.run(processes, ["serve"], mounts={sealed.base: "/opt/ml"}, env=env, cwd=sealed.base)
    base = f"http://127.0.0.1:{container.reachable(8091)}"
    text = (sealed.output / "prepared" / "scoring" / "part-00000.csv").read_text()
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
        deadline = time.monotonic() + 30
        while True:
            try:
                client.get("/ping").raise_for_status()
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "no /ping"
        signature = Signature.from_json((sealed.base / "model" / "signature.json").read_bytes())
        yield Served(container, client, [line.split(",", 1)[1] for line in text.splitlines()], signature)
    container.stop(5)


def test_it_says_what_it_takes(served: Served) -> None:
    assert served.client.get("/ping").status_code == 200
    assert served.client.get("/execution-parameters").json()["BatchStrategy"] == "MULTI_RECORD"


@pytest.mark.parametrize("wanted", ENCODERS)
@pytest.mark.parametrize("given", DECODERS)
def test_every_content_type_is_answered_in_every_other_with_the_same_numbers(
    served: Served, given: str, wanted: str
) -> None:
    few, many = served.score(given, wanted, 3), served.score(given, wanted, 5_000)
    assert len(many) == 5_000
    expected = served.score("text/csv", "text/csv", 3)
    for row in range(3):
        assert few[row] == pytest.approx(expected[row], rel=1e-6)
        assert many[row] == pytest.approx(expected[row], rel=1e-6)


def test_what_it_does_not_know_is_refused(served: Served) -> None:
    assert served.client.post("/invocations", content=b"1,2", headers={"content-type": "text/csv"}).status_code == 400
    answer = served.client.post("/invocations", content=b"x", headers={"content-type": "application/x-npy"})
    assert answer.status_code == 415


def test_sigterm_ends_the_server_in_order(served: Served) -> None:
    asked = time.monotonic()
    assert served.container.stop(grace_seconds=30) == 0
    assert time.monotonic() - asked < 8
    output = served.container.client.stdout
    assert output is not None
    for line in os.read(output.fileno(), 1 << 16).splitlines():
        assert json.loads(line)["event"]
