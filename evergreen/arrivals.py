"""Arrivals: what EventBridge brings, told apart and given one identity each."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, ValidationError

from evergreen.errors import DatasetRejected, EvergreenError
from evergreen.layout import INCOMING, OWN_PREFIXES
from evergreen.requests import LONGEST_TOKEN, SOURCE, RequestKind, RunRequest, identity
from evergreen.runs import dataset_of
from evergreen.strict import Strict

MANIFEST = "manifest.json"


class Arrival(Strict):
    """One reason to run: an S3 object version, an alarm or a request. The same event has the same `arrival_id`.

    A manifest names the files of its batch, and is no data itself.
    """

    arrival_id: str
    dataset: str
    kind: Literal["object", "manifest", "alarm", "outcomes"] | RequestKind  # outcomes: collected by a run itself
    cause: str  # in words
    at: str  # ISO 8601, UTC
    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None
    size: int | None = None  # bytes
    sequencer: str | None = None  # orders the versions of one key
    etag: str | None = None
    batch: str | None = None  # the folder under the data set's, for files that belong together
    alarm: str | None = None  # its name
    alarm_since: str | None = None  # ISO 8601, UTC: when it came on
    task_token: str | None = Field(default=None, exclude=True)  # of a workflow that waits for how the run goes

    @property
    def name_in_batch(self) -> str:
        """A file's name within its batch, which may be named as its data set is."""
        return (self.key or "").removeprefix(INCOMING).partition("/")[2].partition("/")[2]


class Wake(Strict):
    """A timer of Dispatch's own has come: what waits for a data set may be ready by now."""

    dataset: str
    at: str  # ISO 8601, UTC: the time it was set for


class AlarmCleared(Strict):
    """An alarm that asks for runs is off."""

    dataset: str
    alarm: str
    at: str  # ISO 8601, UTC


class ExecutionEnded(Strict):
    """A run's execution has ended, in whatever way, so that its lease is free."""

    dataset: str
    run_id: str
    status: str
    error: str | None = None
    cause: str | None = None


Told = Arrival | AlarmCleared | ExecutionEnded | Wake


class MisplacedObject(DatasetRejected):
    """A file was dropped where no data set takes it; `arrival` keeps what is known of it."""

    def __init__(self, arrival: Arrival, reason: str) -> None:
        super().__init__(reason)
        self.arrival = arrival


class UnknownEvent(EvergreenError):
    """An event that no rule of ours should have let through."""


class RefusedRequest(UnknownEvent):
    """A request that cannot become a run; whoever waits with `task_token` can be answered."""

    def __init__(self, asked: Any, reason: str, task_token: str | None) -> None:
        super().__init__(reason)
        self.asked = asked
        self.task_token = task_token


def arrival_of(event: Mapping[str, Any], datasets: frozenset[str]) -> Told | None:
    """Read one EventBridge event; None for what asks for nothing, such as a console's empty folder marker
    or an execution that is no run.

    Raises MisplacedObject for a file that belongs to no data set, RefusedRequest for a request that names none,
    UnknownEvent for anything unexpected.
    """
    if not isinstance(event, Mapping):
        raise UnknownEvent(f"an event is an object, not {type(event).__name__}")
    try:
        return _read(event, datasets)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        kind, source = event.get("detail-type"), event.get("source")
        said = f"{type(error).__name__}: {error}"
        raise UnknownEvent(f"cannot read an event of detail-type {kind!r} from {source!r}: {said}") from error


def _read(event: Mapping[str, Any], datasets: frozenset[str]) -> Told | None:
    match event.get("detail-type"):
        case "Object Created":
            return _dropped_object(event, datasets)
        case "CloudWatch Alarm State Change":
            return _alarm(event, datasets)
        case "Step Functions Execution Status Change":
            return _ended(event["detail"])
        case "Wake":
            return Wake.model_validate(event["detail"])
        case "Run Requested":
            return _requested(event, datasets)
        case other:
            raise UnknownEvent(f"cannot read an event of detail-type {other!r} from {event.get('source')!r}")


def _dropped_object(event: Mapping[str, Any], datasets: frozenset[str]) -> Arrival | None:
    detail = event["detail"]
    bucket, s3_object = detail["bucket"]["name"], detail["object"]
    key, version = s3_object["key"], s3_object.get("version-id", "null")
    if key.endswith("/") or key.startswith(OWN_PREFIXES):
        return None
    parts = key.removeprefix(INCOMING).split("/")
    dataset = parts[0] if key.startswith(INCOMING) and len(parts) > 1 else ""
    batch = parts[1] if dataset and len(parts) > 2 else None
    is_manifest = batch is not None and parts[2:] == [MANIFEST]
    # Without versioning every object of a key is its version "null": only the sequencer tells one from the next.
    unversioned = [s3_object.get("sequencer", "")] if version == "null" else []
    arrival = Arrival(
        arrival_id=identity("object", bucket, key, version, *unversioned),
        dataset=dataset if dataset in datasets else "unknown",
        kind="manifest" if is_manifest else "object",
        cause=f"s3://{bucket}/{key} was dropped",
        at=event["time"],
        bucket=bucket,
        key=key,
        version_id=version,
        size=s3_object.get("size"),
        sequencer=s3_object.get("sequencer"),
        etag=s3_object.get("etag"),
        batch=batch,
    )
    if dataset not in datasets:
        known = ", ".join(sorted(datasets))
        raise MisplacedObject(
            arrival,
            f"s3://{bucket}/{key}: no data set takes files there; drop it at "
            f"s3://{bucket}/{INCOMING}<data set>/<file>.csv, where <data set> is one of: {known}",
        )
    return arrival


def _alarm(event: Mapping[str, Any], datasets: frozenset[str]) -> Arrival | AlarmCleared | None:
    detail = event["detail"]
    metrics = detail.get("configuration", {}).get("metrics", [])
    names = [m.get("metricStat", {}).get("metric", {}).get("dimensions", {}).get("Dataset") for m in metrics]
    dataset = next((name for name in names if name in datasets), None)
    if dataset is None:
        raise UnknownEvent(f"alarm {detail.get('alarmName')!r} names no data set of ours in its Dataset dimension")
    alarm, state = str(detail["alarmName"]), detail["state"]
    since = datetime.fromisoformat(state["timestamp"]).astimezone(UTC).isoformat(timespec="milliseconds")
    match state["value"]:
        case "ALARM":
            return Arrival(
                arrival_id=identity("alarm", alarm, state["timestamp"]),
                dataset=dataset,
                kind="alarm",
                cause=f"alarm {alarm}: {state.get('reason', 'no reason given')}",
                at=event["time"],
                alarm=alarm,
                alarm_since=since,
            )
        case "OK":
            return AlarmCleared(dataset=dataset, alarm=alarm, at=since)
        case _:  # too little data says nothing new
            return None


def _requested(event: Mapping[str, Any], datasets: frozenset[str]) -> Arrival:
    detail = event["detail"]
    asked, token = detail.get("dataset"), detail.get("task_token")
    token = token if isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN else None
    try:
        request = RunRequest.model_validate(detail)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise RefusedRequest(asked, f"the request for {asked!r:.100} cannot be read: {wrong}", token) from error
    if request.dataset not in datasets:
        known = ", ".join(sorted(datasets))
        raise RefusedRequest(asked, f"no data set {request.dataset[:100]!r}; there are: {known}", token)
    return Arrival(
        arrival_id=request.arrival_id,
        dataset=request.dataset,
        kind=request.kind,
        cause=request.cause,
        at=event["time"],
        task_token=token,
    )


def _ended(detail: Mapping[str, Any]) -> ExecutionEnded | None:
    try:
        dataset = dataset_of(detail["name"])
    except ValueError:  # started by hand under a name of its own, so it never held a lease
        return None
    return ExecutionEnded(
        dataset=dataset,
        run_id=detail["name"],
        status=detail["status"],
        error=detail.get("error"),
        cause=detail.get("cause"),
    )


def newer(one: Arrival, other: Arrival) -> bool:
    """Whether S3 took this version of a key after the other; sequencers are hexadecimal, of any length."""
    if (one.bucket, one.key) != (other.bucket, other.key) or not (one.sequencer and other.sequencer):
        return False
    width = max(len(one.sequencer), len(other.sequencer))
    return one.sequencer.lower().rjust(width, "0") > other.sequencer.lower().rjust(width, "0")


def wake_event(dataset: str, at: datetime) -> dict[str, Any]:
    """The event that a timer sends to the arrivals queue, in EventBridge's envelope."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = {"dataset": dataset, "at": moment}
    return {"version": "0", "source": SOURCE, "detail-type": "Wake", "time": moment, "detail": detail}


def safe_file_name(key: str) -> str:
    """The last part of a key, with everything that a file name might stumble over replaced; 100 characters at most."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", key.rsplit("/", 1)[-1])[-100:].lstrip(".-") or "file"
