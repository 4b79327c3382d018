"""A stand-in for the product's container: small enough to steer from a test."""

import importlib
import json
import os
import pathlib
import signal
import sys
import time

BASE = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])


def train() -> None:
    wanted = json.loads((BASE / "input/config/hyperparameters.json").read_text())
    print("training with", wanted, flush=True)
    if wanted["do"] == "fail":
        (BASE / "output/failure").write_text("the column 'price' is missing")
        sys.exit(1)
    if wanted["do"] == "import":
        importlib.import_module(wanted["module"])
    if wanted["do"] == "hang":
        time.sleep(60)
    if wanted["do"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    rows = sum(len(file.read_text().splitlines()) for file in (BASE / "input/data/train").rglob("*.csv"))
    (BASE / "model/model.json").write_text(json.dumps({"rows": rows, "factor": int(wanted.get("factor", 2))}))
    (BASE / "model/environment.json").write_text(json.dumps(dict(os.environ)))


def prepare() -> None:
    folder = BASE / "processing"
    found = sorted(file.relative_to(folder / "input").as_posix() for file in (folder / "input").rglob("*.txt"))
    (folder / "output/report.json").write_text(json.dumps({"arguments": sys.argv[1:], "found": found}))
    (BASE / "output/message").write_text("read the input")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        import server

        server.serve(BASE)
    else:
        {"train": train, "prepare": prepare}[sys.argv[1]]()
