"""How fast MeasureYield reads a large log, and how well its alarm tells a fallen yield from chance.

`python -m bench.measure_yield`. The baselines, measured in the same run: DuckDB that reads the file and checks nothing,
and an alarm on the raw share at the same threshold.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from container.measure_yield.measuring import Measuring, News
from container.measure_yield.taking import Dropped, take
from container.prepare.engine import connect
from evergreen.contract import Contract
from evergreen.contract_file import read_folder
from evergreen.observed_yield import wilson_lower
from evergreen.yield_series import YieldSeries

ROWS = 1_000_000
ROUNDS = 3
WINDOW, CONFIDENCE, THRESHOLD = 200, 0.95, 0.85
HEALTHY, DROP = 0.95, 0.10
WINDOWS = 1_000

_CHILD = """
import json, resource, sys, time
from pathlib import Path
from bench.measure_yield import bare, measured
began = time.perf_counter(); cpu = time.process_time()
found = {"bare": bare, "measured": measured}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "peak": peak, "found": found}
print(json.dumps(spent))
"""


def main() -> None:
    speed()
    print()
    alarms()


def speed() -> None:
    """Rows a second and peak memory, each in a process of its own, alternating."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        write(log)
        spent: dict[str, list[dict[str, float]]] = {"bare": [], "measured": []}
        for number in range(ROUNDS):
            for what, of_it in spent.items():
                work = Path(folder) / f"{what}-{number}"
                work.mkdir()
                command = [sys.executable, "-c", _CHILD, what, str(log), str(work)]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                of_it.append(json.loads(said.splitlines()[-1]))
        size = log.stat().st_size / 1e6
    print(f"{ROWS:,} rows, {size:.0f} MB of CSV, medians of {ROUNDS}:")
    medians = {}
    for what, name in (("measured", "checked, written down and measured"), ("bare", "baseline: read, nothing checked")):
        medians[what] = {
            key: statistics.median(each[key] for each in spent[what]) for key in ("seconds", "cpu", "peak")
        }
        seconds, cpu, peak = medians[what].values()
        print(f"  {seconds:5.2f} s  {cpu:5.2f} CPU s  {ROWS / seconds:9,.0f} rows/s  {peak:4.0f} MB  {name}")
    print(f"  {medians['measured']['cpu'] / medians['bare']['cpu']:5.1f} times the baseline's CPU")


def write(path: Path) -> None:
    """A log of items of line_yield, a tenth of a second apart."""
    chance, begin = random.Random(7), datetime.now(UTC) - timedelta(seconds=ROWS / 10 + 60)
    with path.open("w") as log:
        log.write("item_id,time,prediction,confidence,outcome,model,Type,Air temperature [K],Process temperature [K],")
        log.write("Rotational speed [rpm],Torque [Nm],Tool wear [min]\n")
        for item in range(1, ROWS + 1):
            at = (begin + timedelta(seconds=item / 10)).isoformat()
            good = chance.random() < HEALTHY
            log.write(f"{item},{at},0,0.{item % 90 + 10},{int(not good)},line-yield-00001-aaaaaaaa,L,298.{item % 10},")
            log.write(f"308.6,{1400 + item % 300},42.{item % 10},{item % 200}\n")


def measured(log: Path, folder: Path) -> int:
    """What an invocation does, without S3, and on one thread as there."""

    given = read_folder(Path("datasets/line_yield")).contract.model_dump(by_alias=True, exclude_defaults=True)
    contract = Contract.model_validate(given | {"yield": {"good_when": "prediction = outcome", "threshold": THRESHOLD}})
    now = datetime.now(UTC)
    dropped = Dropped("bench", "inference/line_yield/log.csv", "v1", now)
    with connect(folder, "log", 0) as connection:
        checked = take(connection, contract, dropped, file=log, folder=folder, now=now)
    assert checked.report.taken == ROWS
    with connect(folder, "measure", 0) as connection:
        days = sorted(checked.items, reverse=True)
        news = News(min(days), {"v1": checked.outcomes_alone or ""})
        measuring = Measuring(connection, contract, days, lambda day: [checked.items[day]], news)
        measuring.run()
        series = measuring.corrected(YieldSeries(dataset=contract.id), now)
    assert series.measure
    assert sum(each.items for each in series.buckets) == ROWS
    return series.measure.good


def bare(log: Path, folder: Path) -> int:
    """The least there is to do: read the columns, compare two of them, count the newest."""

    with connect(folder, "bare") as connection:
        query = (
            "SELECT COUNT(*) FILTER (prediction = outcome) FROM (SELECT prediction, outcome FROM "
            f"read_csv('{log}', all_varchar = true) ORDER BY time DESC LIMIT {WINDOW})"
        )
        return int(connection.execute(query).fetchall()[0][0])


def alarms() -> None:
    """False alarms while all is well, and how soon a drop is seen, of both rules on the same items."""
    rules = _RULES
    false = {name: sum(_windows(name)) for name in rules}
    delays = {name: [_delay(name, seed) for seed in range(200)] for name in rules}
    print(
        f"Windows of {WINDOW} items, threshold {THRESHOLD:g}; healthy yield {HEALTHY:g}, then {HEALTHY - DROP:g} "
        f"(200 drops, {WINDOWS:,} healthy windows):"
    )
    for name in rules:
        median, late = statistics.median(delays[name]), sorted(delays[name])[int(0.95 * len(delays[name]))]
        print(
            f"  {name:11}  false alarms {100 * false[name] / WINDOWS:4.1f} %   items until the alarm: "
            f"median {median:5.0f}, 95th percentile {late:5.0f}"
        )
    ratio = statistics.median(delays["raw share"]) / statistics.median(delays["lower bound"])
    print(f"  The bound's alarm comes after 1/{ratio:.1f} of the items.")


def bound_alarm(good: int, known: int) -> bool:
    return wilson_lower(good, known, CONFIDENCE) < THRESHOLD


def raw_alarm(good: int, known: int) -> bool:
    return good / known < THRESHOLD


_RULES = {"lower bound": bound_alarm, "raw share": raw_alarm}


def _windows(name: str) -> Iterator[bool]:
    chance = random.Random(11)
    for _ in range(WINDOWS):
        yield _RULES[name](sum(chance.random() < HEALTHY for _ in range(WINDOW)), WINDOW)


def _delay(name: str, seed: int) -> int:
    """How many items of the lower yield come until the alarm, the window being full of healthy ones."""
    chance = random.Random(seed)
    window = deque((chance.random() < HEALTHY for _ in range(WINDOW)), maxlen=WINDOW)
    for item in range(1, 100 * WINDOW):
        window.append(chance.random() < HEALTHY - DROP)
        if _RULES[name](sum(window), WINDOW):
            return item
    return 100 * WINDOW


if __name__ == "__main__":
    main()
