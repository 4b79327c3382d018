"""The API's function by itself: GET of one prediction when warm, and from nothing to the first answer when cold.

DynamoDB answers at once, from the same process, so the time is the handler's own and the SDK's. The baseline is the
least that could do it: the two reads that every answer needs. Each start is a new process on the function's own
bundle, which, as on Lambda, cannot keep what Python compiles. `python -m bench.api`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from cdk_app.bundling import bundled
from evergreen.contract_file import read_datasets

ROOT = Path(__file__).resolve().parents[2]
ONE_PROCESS = Path(__file__).with_name("one_process.py")
REQUESTS, STARTS = 3000, 7
ENVIRONMENT = {
    "DATA_BUCKET": "data",
    "REGISTRY_TABLE": "registry",
    "PREDICTIONS_TABLE": "predictions",
    "PREDICT_FUNCTION": "predict",
    "STACK_NAME": "Evergreen",
    "SEGMENTS_TABLE": "segments",
    "SEGMENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/segments.fifo",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "Api",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "AWS_LAMBDA_LOG_LEVEL": "CRITICAL",
}


def main() -> None:
    """Measure, and print one JSON document."""
    with bundled(ROOT, "api", read_datasets(ROOT / "datasets")) as folder:
        starts = [_process(Path(folder), 0) for _ in range(STARTS)]
        busy = _process(Path(folder), REQUESTS)
    figures: dict[str, Any] = {"requests": REQUESTS, "starts": STARTS}
    for place, clock in enumerate(("wall", "cpu")):  # other work on the machine is in the one, not in the other
        imports, firsts = ([each[what][place] for each in starts] for what in ("import", "first"))
        figures[clock] = {
            "cold_import_ms": _ms(median(imports)),
            "cold_first_request_ms": _ms(median(firsts)),
            "cold_both_ms": _ms(median(map(sum, zip(imports, firsts, strict=True)))),
            **_percentiles("warm", [each[place] for each in busy["warm"]]),
            **_percentiles("baseline_two_reads", [each[place] for each in busy["bare"]]),
        }
    print(json.dumps(figures, indent=1))


def _process(folder: Path, requests: int) -> dict[str, Any]:
    environment = {**os.environ, **ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    command = [sys.executable, str(ONE_PROCESS), str(requests)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100)
    return {f"{name}_p50_ms": _ms(cuts[49]), f"{name}_p99_ms": _ms(cuts[98])}


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


if __name__ == "__main__":
    main()
