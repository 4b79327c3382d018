"""Seconds from `evergreen rollback` to the old predictions being read, in the laptop cloud. `python -m bench.rollback`.

The baseline is a command that only reads: what starting Python and finding the deployment take anyhow.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from cdk_app.synth import ROOT, synthesize
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud
from evergreen.cli.rollback import roll_back
from evergreen.stores.leases import Leases
from evergreen.stores.loader import QUICK, Loader
from evergreen.stores.registry import Change

DATASET = "next_purchase"
PREDICTIONS = 4372
ROUNDS = 3


def main() -> None:
    synthesize(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with laptop_cloud(ROOT, home / "state", home / "cloud.log"):
            deployment = Deployment.find()
            first, second = (_champion(deployment) for _ in range(2))
            _evergreen("predictions", DATASET, "1")  # the first command fills caches
            alone = [_timed("predictions", DATASET, "1", "-o", "json")[0] for _ in range(ROUNDS)]
            rounds = [_round(deployment, to) for _ in range(ROUNDS) for to in (first, second)]
    moved, read, transaction = (statistics.median(each[key] for each in rounds) for key in ("moved", "read", "at_once"))
    print(f"{PREDICTIONS:,} predictions a generation, {len(rounds)} rollbacks to and fro, medians:")
    print(
        f"  {transaction:6.3f} s  from the look at the registry to a reader seeing the old prediction, in one process"
    )
    print(f"  {moved:6.2f} s  `evergreen rollback`, start of Python included")
    print(f"  {read:6.2f} s  `evergreen rollback` and `evergreen predictions` after it")
    print(f"  {statistics.median(alone):6.2f} s  baseline: `evergreen predictions` alone")


def _champion(deployment: Deployment) -> str:
    """A champion with its predictions, as a run leaves them."""
    leases = Leases(deployment._table(deployment.registry_table), timedelta(hours=1))
    now = datetime.now(UTC)
    lease = leases.take(DATASET, [str(leases.last_fence(DATASET))], now)
    assert lease
    run_id, registry = lease.run_id, deployment.registry
    key = f"runs/{DATASET}/{run_id}/models/model.tar.gz"
    boto3.client("s3").put_object(Bucket=deployment.bucket, Key=key, Body=b"a model")
    before, seen = registry.champion(DATASET), registry.published(DATASET)
    model = {"model_uri": f"s3://{deployment.bucket}/{key}", "model_key": key, "metric": "mae", "metrics": {"mae": 1.0}}
    registry.promote(_change(run_id, lease.fence, before), model, ("made for this measurement",))
    rows = ({"entity": str(each), "prediction": 1.0, "model": run_id} for each in range(PREDICTIONS))
    loader = Loader(boto3.client("dynamodb", config=QUICK), deployment.predictions_table)
    written = loader.load(DATASET, run_id, rows)
    published = {"rows": written, "champion": run_id, "sample": "1"}
    registry.publish(_change(run_id, lease.fence, seen), published)
    leases.release(DATASET, run_id)
    return run_id


def _change(run_id: str, fence: int, before: dict[str, Any] | None) -> Change:
    return Change(DATASET, run_id, fence, before["run_id"] if before else None, datetime.now(UTC))


def _round(deployment: Deployment, to: str) -> dict[str, float]:
    """One rollback to a champion that is not in use."""
    champion = deployment.registry.champion(DATASET)
    if champion and champion["run_id"] == to:
        _evergreen("rollback", DATASET, "--reason", "so that there is a way back", "--to", _other(deployment, to))
    moved, _ = _timed("rollback", DATASET, "--to", to, "--reason", "measured")
    read, said = _timed("predictions", DATASET, "1", "-o", "json")
    assert json.loads(said)["model"] == to
    return {"moved": moved, "read": moved + read, "at_once": _at_once(deployment, _other(deployment, to))}


def _at_once(deployment: Deployment, to: str) -> float:
    """The same without starting a process."""
    began = time.perf_counter()
    roll_back(deployment, DATASET, to=to, reason="measured", by="bench", now=datetime.now(UTC))
    published = deployment.registry.published(DATASET)
    assert published
    found = deployment.predictions.get(DATASET, "1", published["generation"])
    assert found
    assert found["model"] == to
    return time.perf_counter() - began


def _other(deployment: Deployment, run_id: str) -> str:
    return next(each.run_id for each in deployment.registry.history(DATASET) if each.run_id != run_id)


def _timed(*arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    said = _evergreen(*arguments)
    return time.perf_counter() - began, said


def _evergreen(*arguments: str) -> str:
    command = [sys.executable, "-c", "from evergreen.cli.main import main; main()", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
