"""The built image as a model server without a network."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from container.serve.app import DECODERS, ENCODERS
from local.image.image import Contained, Image
from local.processes import Processes
from tests.image.conftest import Sealed

pytestmark = pytest.mark.image


@dataclass
class Served:
    container: Contained
    client: httpx.Client
    rows: list[str]

    def body(self, kind: str, rows: int) -> bytes:
        lines = (self.rows * (rows // len(self.rows) + 1))[:rows]
        if kind == "text/csv":
            return "\n".join(lines).encode()
        return json.dumps({"instances": [[cell or None for cell in line.split(",")] for line in lines]}).encode()

    def score(self, given: str, wanted: str, rows: int) -> list[list[float]]:
        headers = {"content-type": given, "accept": wanted}
        answer = self.client.post("/invocations", content=self.body(given, rows), headers=headers)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, wanted), answer.text
        if wanted == "text/csv":
            return [[float(cell) for cell in line.split(",")] for line in answer.text.splitlines()]
        return [list(item.values()) for item in answer.json()["predictions"]]


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
        yield Served(container, client, [line.split(",", 1)[1] for line in text.splitlines()])
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
