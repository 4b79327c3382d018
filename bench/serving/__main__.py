"""`python -m bench.serving [--quick] [--only NAME,…] [--json FILE] [--python PATH]`: our server beside others.

Raw XGBoost (the limit), Flask, FastAPI, MLflow's scoring server and BentoML predict with the same models for the same
rows, in one run, in turns; every answer is compared. Prints medians and the goals, reached or missed.
"""

import argparse
import json
import os
import platform
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.serving.environments import NoInterpreter, interpreter, save_for_mlflow, set_up
from bench.serving.material import make
from bench.serving.run import FULL, QUICK, Run
from bench.serving.servers import BATCH, MLFLOW, REAL_TIME, ROOT, peers
from bench.serving.tables import tables

BUILD = ROOT / "build" / "bench-serving"
EXAMPLES = """examples:
  python -m bench.serving                               everything; ten minutes on two cores
  python -m bench.serving --quick --only ours,flask     a first look"""


def main() -> int:
    """Measure, print, and return the exit code: 1 where ours could not be measured."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with it
    began = time.monotonic()
    plan = QUICK if options.quick else FULL
    chosen = (server for server in peers() if server.name in options.only and server.variant in plan.variants)
    servers = [BATCH, REAL_TIME, *chosen]
    try:
        missing = set_up(servers, BUILD, options.python or interpreter())
    except NoInterpreter as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if BATCH.environment in missing:
        print(f"error: our server's packages could not be installed: {missing[BATCH.environment]}", file=sys.stderr)
        return 1
    servers = [server for server in servers if server.environment not in missing]
    materials = make(BUILD)
    if any(server.name == MLFLOW.name for server in servers):
        save_for_mlflow(materials.values(), BUILD / MLFLOW.environment)
    run = Run(BUILD, plan, lambda what: _tell(what, began), failures=missing)
    figures = run.measure(servers, materials)
    print("\n".join(tables(figures)))
    if options.json:
        about = {"machine": platform.platform(), "cores": os.cpu_count(), "quick": options.quick}
        options.json.write_text(json.dumps({**about, **asdict(figures)}, indent=1))
    return int(any(name.startswith("ours") for name in figures.failures))


def _options() -> argparse.Namespace:
    names = ["ours", *dict.fromkeys(server.name for server in peers())]
    parser = argparse.ArgumentParser(
        prog="python -m bench.serving",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round: 400 trees, two clients, peers with one thread; a minute"
    )
    parser.add_argument("--only", default=",".join(names), help=f"some of {','.join(names)}; ours is always measured")
    parser.add_argument("--json", type=Path, help="also write the figures into this file")
    parser.add_argument("--python", help="the interpreter for every environment, where it is not found")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(names):
        parser.error(f"--only: {', '.join(sorted(unknown))} is not known; there are {', '.join(names)}")
    return options


def _tell(what: str, began: float) -> None:
    print(f"{time.monotonic() - began:5.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
