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
    if wanted["do"] == "keep":  # goes on from what the job before has left, and is stopped or ends
        kept = BASE / "checkpoints/so-far"
        so_far = int(kept.read_text()) if kept.exists() else 0
        kept.write_text(str(so_far + 1))
        time.sleep(float(wanted["seconds"]))
        wanted["factor"] = so_far
    if wanted["do"] == "hang":
        time.sleep(60)
    if wanted["do"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if wanted["do"] == "measure":  # best where depth is 4 and eta 0.1; a depth of 7 is too much
        depth, eta = int(wanted["depth"]), float(wanted["eta"])
        if depth == 7:
            (BASE / "output/failure").write_text("a depth of 7 is too much")
            sys.exit(1)
        time.sleep(float(wanted.get("seconds", 0)))
        print(
            json.dumps({"validation:loss": (depth - 4) ** 2 + abs(eta - 0.1) + len(wanted["kind"]) / 1e6}), flush=True
        )
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
