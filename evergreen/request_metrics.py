"""How many predictions are asked for and how long they take, as Prometheus reads it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

# Seconds. The answer of a key lies in the first few, that of a model in the middle, a cold start at the end.
BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COUNTS = "METRICS"  # the partition of the registry that they are kept in
COUNT, MICROSECONDS, STATUS, AT_MOST = "count", "microseconds", "status_", "le_"

Route = Literal["read", "batch", "predict"]


@dataclass(frozen=True, order=True)
class Series:
    """What is counted together."""

    dataset: str
    route: Route
    model_version: str  # the run whose model answered; empty where none did

    def labels(self) -> str:
        """As Prometheus writes them."""
        return f'dataset="{self.dataset}",route="{self.route}",model_version="{self.model_version}"'


@dataclass
class Tally:
    """Counts that are written down nowhere yet."""

    counts: dict[Series, Counter[str]] = field(default_factory=dict)

    def observe(self, series: Series, status: int, seconds: float) -> None:
        """One request more."""
        counter = self.counts.setdefault(series, Counter())
        bucket = next((f"{AT_MOST}{bound:g}" for bound in BUCKETS if seconds <= bound), f"{AT_MOST}+Inf")
        counter.update({COUNT: 1, f"{STATUS}{status}": 1, bucket: 1, MICROSECONDS: round(seconds * 1e6)})

    def take(self) -> dict[Series, Counter[str]]:
        """All of it, and begin anew."""
        counts, self.counts = self.counts, {}
        return counts

    def give_back(self, series: Series, counter: Mapping[str, int]) -> None:
        """What could not be written down is to be written later."""
        self.counts.setdefault(series, Counter()).update(counter)


def exposition(counts: Mapping[Series, Mapping[str, int]], segment_updates: Mapping[str, int]) -> str:
    """Prometheus' text format."""
    lines = [*_requests(counts), *_latency(counts), *_segment_updates(segment_updates)]
    return "\n".join(lines) + "\n"


def _requests(counts: Mapping[Series, Mapping[str, int]]) -> Iterable[str]:
    yield "# HELP prediction_requests_total Requests for predictions, by how they ended."
    yield "# TYPE prediction_requests_total counter"
    for series in sorted(counts):
        for name, value in sorted(counts[series].items()):
            if name.startswith(STATUS):
                yield f'prediction_requests_total{{{series.labels()},status="{name.removeprefix(STATUS)}"}} {value}'


def _latency(counts: Mapping[Series, Mapping[str, int]]) -> Iterable[str]:
    yield "# HELP prediction_latency_seconds Time from a request's arrival in the function to its answer."
    yield "# TYPE prediction_latency_seconds histogram"
    for series in sorted(counts):
        counter, labels, below = counts[series], series.labels(), 0
        for bound in BUCKETS:
            below += counter.get(f"{AT_MOST}{bound:g}", 0)
            yield f'prediction_latency_seconds_bucket{{{labels},le="{bound:g}"}} {below}'
        yield f'prediction_latency_seconds_bucket{{{labels},le="+Inf"}} {counter.get(COUNT, 0)}'
        yield f"prediction_latency_seconds_sum{{{labels}}} {counter.get(MICROSECONDS, 0) / 1e6:.6f}"
        yield f"prediction_latency_seconds_count{{{labels}}} {counter.get(COUNT, 0)}"


def _segment_updates(updates: Mapping[str, int]) -> Iterable[str]:
    yield "# HELP crm_segment_updates_total Segments that the CRM was told."
    yield "# TYPE crm_segment_updates_total counter"
    for dataset in sorted(updates):
        yield f'crm_segment_updates_total{{dataset="{dataset}"}} {updates[dataset]}'
