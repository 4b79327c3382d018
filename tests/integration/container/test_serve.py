"""The server as SageMaker sees it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.integration.container.as_in_the_image import image_environment
from tests.integration.container.conftest import REPOSITORY, Stage, Trained


def start(base: str, port: int) -> "subprocess.Popen[bytes]":
    environment = {"SAGEMAKER_BASE_DIR": base, "SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_BATCH": "true"}
    return subprocess.Popen(
        [sys.executable, "-m", "container", "serve"], cwd=REPOSITORY, env=image_environment(**environment)
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    process: "subprocess.Popen[bytes]"
    client: httpx.Client
    lines: list[str]  # without the entity


@pytest.fixture(scope="module")
def server(trained: Trained) -> Iterator[Server]:
    port = free_port()
    process = start(str(trained.base), port)
    text = (trained.output / "prepared" / "scoring" / "part-00000.csv").read_text()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(200):
            try:
                client.get("/ping").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield Server(process, client, [line.split(",", 1)[1] for line in text.splitlines()])
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def score(server: Server, body: str, **headers: str) -> httpx.Response:
    return server.client.post("/invocations", content=body, headers={"content-type": "text/csv", **headers})


def test_ping_answers_with_200(server: Server) -> None:
    assert server.client.get("/ping").status_code == 200


def test_execution_parameters_keep_sagemakers_limit(server: Server) -> None:
    answer = server.client.get("/execution-parameters").json()
    assert answer["BatchStrategy"] == "MULTI_RECORD"
    assert answer["MaxConcurrentTransforms"] * answer["MaxPayloadInMB"] <= 100


def test_each_line_gets_one_line_in_its_order(server: Server) -> None:
    all_at_once = score(server, "\n".join(server.lines) + "\n").text.splitlines()
    one_by_one = [score(server, line).text.strip() for line in server.lines[:25]]
    assert len(all_at_once) == len(server.lines)
    assert all_at_once[:25] == one_by_one
    assert len(set(all_at_once)) > len(all_at_once) / 2
    for line in all_at_once:
        days, probability = map(float, line.split(","))
        assert 0 <= days <= 90
        assert 0 <= probability <= 1


def test_json_says_the_same_as_csv(server: Server) -> None:
    rows = [[value or None for value in line.split(",")] for line in server.lines[:3]]
    answer = server.client.post("/invocations", json={"instances": rows}, headers={"accept": "application/json"})
    lines = score(server, "\n".join(server.lines[:3])).text.splitlines()
    for item, line in zip(answer.json()["predictions"], lines, strict=True):
        assert [item["duration"], item["event_probability"]] == pytest.approx([float(part) for part in line.split(",")])


def test_what_does_not_fit_is_refused_with_400_by_row_and_column(server: Server) -> None:
    answer = score(server, "\n".join([server.lines[0], server.lines[1].replace(",", ",x", 1)]))
    assert answer.status_code == 400
    assert "row 2, column 'tenure_days'" in answer.text
    assert score(server, "").status_code == 400
    assert "without the entity" in score(server, "17850," + server.lines[0]).text


def test_unknown_types_are_refused(server: Server) -> None:
    assert score(server, "1", **{"content-type": "application/x-npy"}).status_code == 415
    assert score(server, "1", accept="image/png").status_code == 406


def test_a_server_without_a_model_does_not_stay_up(stage: Stage) -> None:
    process = start(str(stage.base), free_port())
    assert process.wait(20) != 0
