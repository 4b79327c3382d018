"""The built image as SageMaker's jobs run it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from container.algorithms import DEFAULT, NAMES
from evergreen.evaluation import Evaluation
from local.image.image import Image
from local.processes import Processes
from tests.image.conftest import NOBODY, Sealed, lines
from tests.integration.container.conftest import REPOSITORY

pytestmark = pytest.mark.image

OTHERS = [name for name in NAMES if name != DEFAULT]

# Imports every module of the program, but for the command line's survey, and looks for libraries that lack another.
EVERYTHING = """
import importlib, json, os, pathlib, pkgutil, site, subprocess
import container
# Lambda's handlers read their settings and make their clients when they are imported.
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "DATA_BUCKET": "data", "REGISTRY_TABLE": "registry"}
for found in pkgutil.walk_packages(container.__path__, "container."):
    if not found.name.endswith("__main__") and not found.name.startswith("container.survey"):
        importlib.import_module(found.name)
lacking = []
for path in pathlib.Path(site.getsitepackages()[0]).rglob("*.so*"):
    said = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    lacking += [f"{path.name}: {line.strip()}" for line in said.splitlines() if "not found" in line]
maps = pathlib.Path("/proc/self/maps").read_text()
print(json.dumps({
    "lacking": lacking,
    "openmp": len({line.split()[-1] for line in maps.splitlines() if "libgomp" in line}),
    "compilers": [name for name in ("gcc", "cc", "pip", "pip3") if any(
        os.access(f"{folder}/{name}", os.X_OK) for folder in os.environ["PATH"].split(":"))],
    "interfaces": os.listdir("/sys/class/net"),
    "uncompiled": [str(path) for path in pathlib.Path("/opt/program").rglob("*.py")
        if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))],
}))
"""


def test_it_holds_all_that_its_program_imports_and_nothing_to_build_with(image: Image) -> None:
    found = json.loads(image.engine.inside(image.tag, EVERYTHING))
    assert found == {"lacking": [], "openmp": 1, "compilers": [], "interfaces": ["lo"], "uncompiled": []}


def test_prepare_and_train_run_as_anybody_and_leave_a_model_of_theirs(sealed: Sealed) -> None:
    model = sealed.base / "model"
    assert {"signature.json", "training.json"} <= {path.name for path in model.iterdir()}
    assert {path.stat().st_uid for path in model.iterdir()} == {NOBODY}
    assert not (sealed.base / "output" / "failure").exists()


@pytest.mark.parametrize("algorithm", OTHERS)
def test_other_algorithms_train_and_are_judged_as_root_too_and_log_json(
    sealed: Sealed, stage: Sealed, algorithm: str
) -> None:
    stage.user = 0
    shutil.copytree(sealed.output / "prepared", stage.output / "prepared")
    trained = stage.train(algorithm=algorithm)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert [line["event"] for line in lines(trained.stdout)] == ["started", "learned", "learned", "trained"]
    stage.stage_evaluate(sealed.output / "prepared" / "holdout", stage.archive, champion=sealed.archive)
    judged = stage.run("evaluate", "--run", stage.layout.prefix)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert lines(judged.stdout)[0] == {"event": "started", "verb": "evaluate"}
    Evaluation.model_validate_json((stage.output / "evaluation" / "evaluation.json").read_bytes())


def test_a_failure_is_told_where_sagemaker_looks_for_it(sealed: Sealed, stage: Sealed) -> None:
    shutil.copytree(sealed.output / "prepared" / "train", stage.base / "input" / "data" / "train")
    stage.put("hyperparameters.json", json.dumps({"max_depth": "deep"}), below="input/config")
    done = stage.run("train")
    assert done.returncode == 1
    reason = (stage.base / "output" / "failure").read_text()
    assert "max_depth" in reason
    failed = lines(done.stdout)[-1]
    assert (failed["event"], failed["reason"]) == ("failed", reason)
    assert "/opt/program/container/" in failed["traceback"]


def test_sigterm_ends_training_at_once_and_is_no_failure(
    sealed: Sealed, stage: Sealed, image: Image, processes: Processes
) -> None:
    shutil.copytree(sealed.output / "prepared" / "train", stage.base / "input" / "data" / "train")
    endless = {"num_round": "1000000", "early_stopping_rounds": "1000000", "max_depth": "2"}
    stage.put("hyperparameters.json", json.dumps(endless), below="input/config")
    running = image.run(processes, ["train"], mounts={stage.base: "/opt/ml"}, env={}, cwd=stage.base)
    output = running.client.stdout
    assert output is not None
    assert json.loads(output.readline())["event"] == "started"
    time.sleep(1)  # into the boosting
    asked = time.monotonic()
    assert running.stop(grace_seconds=30) == 143
    assert time.monotonic() - asked < 8
    assert json.loads(output.readlines()[-1]) == {"event": "stopped", "verb": "train"}
    assert not (stage.base / "output" / "failure").exists()


# Runs a container and waits to be killed.
CLOUD = """
import pathlib, time
from local.image.image import built_image
from local.processes import Processes
running = built_image(pathlib.Path.cwd()).run(
    Processes(), ["600"], entrypoint="sleep", mounts={}, env={}, cwd=pathlib.Path.cwd())
print(running.name, flush=True)
time.sleep(600)
"""


def test_no_container_outlives_a_cloud_that_is_killed(image: Image) -> None:
    def running(name: str) -> bool:
        command = [image.engine.name, "ps", "--all", "--format={{.Names}}"]
        return name in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    with subprocess.Popen([sys.executable, "-c", CLOUD], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        name = cloud.stdout.readline().strip()
        assert _soon(lambda: running(name))
        cloud.kill()
    assert _soon(lambda: not running(name))


def _soon(happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not (happened := happens()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return happened
