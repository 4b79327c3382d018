"""`retrain_many` over small data sets against the same data sets one after the other, in the same laptop cloud.

`python -m bench.many [DATA SETS]`: seconds for each way, and how many runs each started.
"""

import csv
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import boto3

from cdk_app.synth import ROOT, synthesize
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud
from evergreen.requests import RunRequest
from evergreen.stores.requests import Requests

ROOMS = ("cdk_app", "container", "events", "evergreen", "functions", "local", "statemachines")
POLL_SECONDS = 0.05


def checkout(home: Path, names: list[str]) -> Path:
    """A copy of the repository with small made data sets in the place of its own."""
    root = home / "checkout"
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "cdk.json", root)
    (root / "datasets").mkdir()
    for seed, name in enumerate(names):
        draw = random.Random(seed)
        with (root / f"{name}.csv").open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(["part", "load", "age", "fails"])
            for number in range(400):
                load, age = draw.random(), draw.random()
                fails = load + age + draw.gauss(0, 0.2) > 1.2
                writer.writerow([f"{number}x", f"{load:.3f}", f"{age:.3f}", "yes" if fails else "no"])
        command = [sys.executable, "-c", "from evergreen.cli.main import main; main()", "init", f"{name}.csv"]
        given = ["--target", "fails", "--entity", "part", "--id", name]
        subprocess.run([*command, *given], cwd=root, check=True, capture_output=True)
    return root


def ended(deployment: Deployment, dataset: str, count: int) -> None:
    """Wait until a data set has so many runs, and all have ended."""
    while True:
        runs = deployment.runs.of(dataset)
        if len(runs) >= count and all("ended_at" in run for run in runs):
            return
        time.sleep(POLL_SECONDS)


def one_by_one(deployment: Deployment, names: list[str], runs: int) -> float:
    """Seconds to retrain each data set after the one before it."""
    began, requests = time.monotonic(), Requests(boto3.client("events"), deployment.state_machine_arn)
    for name in names:
        requests.send(RunRequest(dataset=name, request_id=str(uuid.uuid4()), kind="manual", reason="bench"))
        ended(deployment, name, runs)
    return time.monotonic() - began


def together(machine: str, names: list[str]) -> float:
    """Seconds until `retrain_many` has its results."""
    sfn, began = boto3.client("stepfunctions"), time.monotonic()
    arn = sfn.start_execution(stateMachineArn=machine, input=json.dumps({"itemList": names}))["executionArn"]
    while (found := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(POLL_SECONDS)
    statuses = [each["status"] for each in json.loads(found["output"])["results"]]
    assert statuses == ["SUCCEEDED"] * len(names), found
    return time.monotonic() - began


def main() -> None:
    """Print both."""
    names = [f"line_{number}" for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 4)]
    home = Path(tempfile.mkdtemp())
    root = checkout(home, names)
    synthesize(root)
    with laptop_cloud(root, home / "state", home / "cloud.log") as said:
        deployment = Deployment.find()
        for name in names:
            boto3.client("s3").upload_file(str(root / f"{name}.csv"), deployment.bucket, f"incoming/{name}/rows.csv")
        for name in names:
            ended(deployment, name, 1)
        single = one_by_one(deployment, names, 2)
        many = together(said["outputs"]["Evergreen"]["RetrainManyArn"], names)
        runs = sum(len(deployment.runs.of(name)) for name in names)
    shutil.rmtree(home)
    print(f"data sets       {len(names):6}   400 rows each; {runs} runs in all, {3 * len(names)} asked for")
    print(f"one by one      {single:6.1f} s")
    print(f"retrain_many    {many:6.1f} s   {single / many:.2f} × as fast")


if __name__ == "__main__":
    main()
