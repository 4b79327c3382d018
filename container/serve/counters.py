"""Counts of requests, in Prometheus' text format, over all processes of the server."""

import mmap
import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

FOLDER = "EVERGREEN_COUNTERS"  # environment variable: where the server's processes keep their counts
CODES = (200, 400, 404, 405, 406, 408, 413, 415, 499, 500, 503)
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
ROWS, SECONDS, FIRST_BOUND = len(CODES), len(CODES) + 1, len(CODES) + 2
SLOTS = FIRST_BOUND + len(BOUNDS) + 1
BYTES = 8 * SLOTS


class Counters:
    """Counts of one process, in a file of its own that the others can read; nobody else writes to it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is None:
            self._counts = memoryview(bytearray(BYTES)).cast("d")
            return
        path = folder / str(os.getpid())
        path.write_bytes(bytes(BYTES))
        with path.open("r+b") as file:
            self._counts = memoryview(mmap.mmap(file.fileno(), BYTES)).cast("d")

    @classmethod
    def of_this_process(cls) -> "Counters":
        folder = os.environ.get(FOLDER)
        return cls(Path(folder) if folder else None)

    def add(self, code: int, rows: int, seconds: float) -> None:
        """Count a request that has been answered."""
        counts = self._counts
        counts[CODES.index(code)] += 1
        counts[ROWS] += rows
        counts[SECONDS] += seconds
        counts[FIRST_BOUND + bisect_left(BOUNDS, seconds)] += 1

    def text(self, about: Mapping[str, str]) -> str:
        """All processes' counts together, those that have ended included."""
        counts = self._sums()
        lines = list(_family("inference_requests_total", "counter", "Answers of /invocations by status code"))
        lines += [f'inference_requests_total{{code="{code}"}} {counts[place]:.0f}' for place, code in enumerate(CODES)]
        lines += _family("inference_rows_total", "counter", "Rows scored")
        lines.append(f"inference_rows_total {counts[ROWS]:.0f}")
        name = "inference_latency_seconds"
        lines += _family(name, "histogram", "From the request's head to its answer, the body's way here included")
        reached = 0.0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts[FIRST_BOUND:], strict=True):
            reached += count
            lines.append(f'{name}_bucket{{le="{bound}"}} {reached:.0f}')
        lines += [f"{name}_sum {counts[SECONDS]:.6f}", f"{name}_count {reached:.0f}"]
        lines += _family("model_info", "gauge", "The model that answers")
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in about.items())
        return "\n".join([*lines, f"model_info{{{labels}}} 1", ""])

    def _sums(self) -> "Sequence[float]":
        if self._folder is None:
            return list(self._counts)
        every = [memoryview(path.read_bytes()).cast("d") for path in self._folder.iterdir()]
        return [sum(counts) for counts in zip(*(each for each in every if len(each) == SLOTS), strict=True)]


def _family(name: str, kind: str, help: str) -> Iterable[str]:
    return (f"# HELP {name} {help}", f"# TYPE {name} {kind}")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
