"""One invocation: a few dropped logs are checked and written down, then each data set's yield is measured anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from container.log import log
from container.measure_yield.data_bucket import DataBucket, FilesChanged
from container.measure_yield.day_files import DayFiles
from container.measure_yield.good_when import good_when_fault
from container.measure_yield.measuring import Measuring, News
from container.measure_yield.metric_line import metric_line, metrics
from container.measure_yield.taking import CheckedLog, Dropped, refused, take
from container.prepare.engine import connect
from evergreen.contract import Contract
from evergreen.contracts import Contracts
from evergreen.errors import StoreUnavailable, UnknownDataset
from evergreen.inference import NoInferenceLog
from evergreen.layout import ObservedLayout
from evergreen.yield_series import YieldSeries

_ATTEMPTS = 6
_ONE_THREAD = 0  # bytes: the function has one processor, and a second thread twice the memory


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Measurement:
    """What the handler works with; `folder` is empty when it begins."""

    bucket: DataBucket
    contracts: Contracts
    folder: Path
    clock: Callable[[], datetime] = _now
    taken: dict[str, list[CheckedLog]] = field(default_factory=dict)  # by data set

    def take(self, number: int, dropped: Dropped) -> None:
        """Check one log and write down its items; what cannot be read goes to quarantine as a whole."""
        folder = self.folder / f"log-{number}"
        folder.mkdir(parents=True)
        file = folder / "log"
        if not self.bucket.fetch_version(dropped.key, dropped.version_id, file):
            log("log_gone", key=dropped.key, version_id=dropped.version_id)
            return
        try:
            contract = self.contracts[dropped.log.dataset].contract
        except (NoInferenceLog, UnknownDataset) as error:
            self._quarantine(refused(dropped, folder, "no_inference_log", str(error)), [])
            return
        try:
            with connect(folder, "log", _ONE_THREAD) as connection:
                checked = take(connection, contract, dropped, file=file, folder=folder, now=self.clock())
        except (MemoryError, duckdb.OutOfMemoryException):
            words = "the log does not fit into the memory of MeasureYield: split it into several"
            checked = refused(dropped, folder / "refused", "file_too_large", words)
        file.unlink()
        layout = ObservedLayout(contract.id)
        self.bucket.put({layout.items_file(day, dropped.version_id): path for day, path in checked.items.items()})
        self.taken.setdefault(contract.id, []).append(checked)

    def measure(self, dataset: str) -> None:
        """Measure the yield of a data set over all that is written down, and publish it."""
        contract, logs = _judging(self.contracts[dataset].contract), self.taken[dataset]
        for attempt in range(_ATTEMPTS):
            folder = self.folder / f"{dataset}-{attempt}"
            folder.mkdir(parents=True)
            try:
                with connect(folder, "measure", _ONE_THREAD) as connection:
                    series = self._measured(connection, contract, logs, folder)
            except FilesChanged as error:
                log("measured_anew", dataset=dataset, because=str(error))
                continue
            self._publish(contract, series)
            return
        raise StoreUnavailable(f"others kept writing the series of {dataset}")

    def _measured(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, logs: Sequence[CheckedLog], folder: Path
    ) -> YieldSeries:
        layout = ObservedLayout(contract.id)
        series, tag = self.bucket.series(layout)  # before the items, so that whoever writes later has seen more
        days = DayFiles(connection, self.bucket, layout, folder)
        measuring = Measuring(connection, contract, self.bucket.days(layout), days.fetch, _news(logs))
        measuring.run()
        strays = measuring.strays()
        series = measuring.corrected(series, self.clock())
        self.bucket.put_series(layout, series, tag)  # from here on nothing is measured anew
        for checked in logs:
            self._quarantine(checked, strays.get(checked.dropped.version_id, []))
        days.join()
        return series

    def _quarantine(self, checked: CheckedLog, strays: list[tuple[int, str]]) -> None:
        report = checked.told(strays)
        log("log_taken", **report.model_dump())
        if not report.rejected_by_rule:
            return
        prefix = checked.dropped.quarantine
        self.bucket.put({f"{prefix}/rejected.csv": checked.rejected_file})
        self.bucket.put_text(f"{prefix}/report.json", report.model_dump_json(indent=1))

    def _publish(self, contract: Contract, series: YieldSeries) -> None:
        stated = contract.observed_yield
        if stated is None or series.measure is None:
            return
        values = metrics(series.measure, stated)
        print(metric_line(contract.id, values, series.measure.at), flush=True)


def _judging(contract: Contract) -> Contract:
    """The contract, without a good_when that cannot be computed: its items are kept, and nothing fails for ever."""
    fault = good_when_fault(contract)
    if not fault or not contract.observed_yield:
        return contract
    log("good_when_is_wrong", dataset=contract.id, fault=fault)
    stated = contract.observed_yield.model_copy(update={"good_when": None})
    return contract.model_copy(update={"observed_yield": stated})


def _news(logs: Sequence[CheckedLog]) -> News:
    days = [day for checked in logs for day in checked.items]
    alone = {checked.dropped.version_id: checked.outcomes_alone for checked in logs if checked.outcomes_alone}
    return News(min(days, default=None), alone)
