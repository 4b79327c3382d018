"""One measurement each: of a running server, or of the limit."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles

from bench.serving.answers import compare_files
from bench.serving.client import Load, Outcome
from bench.serving.figures import Batches, Limit, SingleRows
from bench.serving.material import Material, Predictions
from bench.serving.processes import Running
from bench.serving.servers import ROOT, Route

CONNECTIONS = 16
CORES = os.cpu_count() or 1


class NotAnswered(RuntimeError):
    """Requests that a server did not answer, or not with 200."""


def limit(material: Material, build: Path, repeats: int) -> Limit:
    """Raw XGBoost in as many processes as there are cores."""
    command = [str(build / "ours" / "bin" / "python"), "-m", "bench.serving.limit", str(material.booster)]
    command += [str(material.values), str(CORES), str(repeats)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Limit(material.trees, **json.loads(done.stdout))


def batches(running: Running, clients: int, requests: int) -> Batches:
    """Bodies of 6 MB from so many clients at once, all answers compared."""
    material, route = running.material, running.server.csv
    expected = material.predictions()
    outcome = _sent(running, route, [material.batch(route.form)], [expected], connections=clients, requests=requests)
    rows = len(expected) * outcome.requests
    return Batches(
        trees=material.trees,
        server=running.server.name,
        variant=running.server.variant,
        clients=clients,
        rows_per_second=rows / outcome.seconds,
        cpu_per_row=outcome.server_cpu / rows,
        client_cpu_per_row=outcome.client_cpu / rows,
    )


def single_rows(running: Running, form: str, seconds: float) -> SingleRows:
    """Single rows in CSV or JSON over kept connections, all answers compared."""
    material = running.material
    route = running.server.csv if form == "csv" else running.server.json
    bodies = material.single_rows(route.form)
    expected = list(material.predictions()[: len(bodies)].reshape(-1, 1))
    outcome = _sent(running, route, bodies, expected, connections=CONNECTIONS, seconds=seconds)
    return SingleRows(
        trees=material.trees,
        server=running.server.name,
        variant=running.server.variant,
        form=form,
        requests_per_second=outcome.requests / outcome.seconds,
        p50=median(outcome.latencies),
        p99=quantiles(outcome.latencies, n=100)[98],
        cpu_per_request=outcome.server_cpu / outcome.requests,
        client_cpu_per_request=outcome.client_cpu / outcome.requests,
    )


def _sent(
    running: Running,
    route: Route,
    bodies: list[Path],
    expected: list[Predictions],
    *,
    connections: int,
    requests: int = 1_000_000,
    seconds: float = 120,
) -> Outcome:
    with tempfile.TemporaryDirectory() as answers:
        load = Load(
            port=running.port,
            pid=running.pid,
            path=route.path,
            content_type=route.content_type,
            bodies=[str(body) for body in bodies],
            connections=connections,
            answers=answers,
            requests=requests,
            seconds=seconds,
        )
        command = [sys.executable, "-m", "bench.serving.client"]
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(asdict(load)), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotAnswered(f"{running.server.title}: {done.stderr.strip().splitlines()[-1]}")
        outcome = Outcome(**json.loads(done.stdout))
        if outcome.failures:
            raise NotAnswered(f"{running.server.title}: {len(outcome.failures)} requests: {outcome.failures[0]}")
        compare_files(Path(answers), expected, exactly=running.server.name == "ours")
    return outcome
