"""The limit: XGBoost's inplace_predict on a ready array, in as many processes: `python -m bench.serving.limit`.

BOOSTER ROWS PROCESSES REPEATS; runs in our server's environment and prints rows per second and CPU seconds per row.
"""

import json
import sys
import time
from multiprocessing import Barrier, Process, Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.queues import Queue as Results
    from multiprocessing.synchronize import Barrier as Together


def predict(booster: str, rows: str, repeats: int, together: "Together", results: "Results[list[float]]") -> None:
    """What one process does: all rows again and again, on one thread."""
    import numpy as np  # noqa: PLC0415  # each process imports its own
    import xgboost as xgb  # noqa: PLC0415

    model, values = xgb.Booster({"nthread": 1}, model_file=booster), np.load(rows)
    model.inplace_predict(values)
    together.wait()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        model.inplace_predict(values)
    results.put([len(values) * repeats, time.perf_counter() - began, time.process_time() - cpu])


def main(booster: str, rows: str, processes: int, repeats: int) -> None:
    together = Barrier(processes)
    results: Results[list[float]] = Queue()
    arguments = (booster, rows, repeats, together, results)
    started = [Process(target=predict, args=arguments) for _ in range(processes)]
    for each in started:
        each.start()
    counts, seconds, cpu = zip(*(results.get(timeout=120) for _ in started), strict=True)
    for each in started:
        each.join()
    print(json.dumps({"rows_per_second": sum(counts) / max(seconds), "cpu_per_row": sum(cpu) / sum(counts)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
