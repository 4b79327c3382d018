"""EventBridge delivery: to the targets that the templates use, and never losing an event silently.

moto delivers to queues, logs, archives and buses only, fires rules without a pattern on every S3 event and drops
whatever fails.
"""

import datetime
import functools
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser

from local.cloud import Cloud
from local.seams import Seams

log = logging.getLogger(__name__)

Event = dict[str, Any]

_NOT_YOURS = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}


def install(cloud: Cloud) -> None:
    """Takes over how rules deliver, and refuses events that claim to come from an AWS service."""
    seams = Seams(cloud)
    targets = Targets(cloud)
    deliveries = cloud.keep(Deliveries())
    cloud.on_close(deliveries.close)
    put = EventsBackend.put_events

    def send_to_targets(rule: Any, original_event: Event, transform_input: bool = True) -> None:
        pattern = rule.event_pattern
        if rule.state != "ENABLED" or not pattern.get_pattern() or not pattern.matches_event(original_event):
            return
        if not _is_meant(rule, original_event):
            return
        for target in list(rule.targets):
            deliveries.submit(targets.deliver, rule, target, original_event)

    def put_events(backend: Any, events: list[Event]) -> list[dict[str, str]]:
        if not any(str(event.get("Source")).startswith("aws.") for event in events):
            return put(backend, events)  # type: ignore[no-any-return]
        return [_NOT_YOURS if str(e.get("Source")).startswith("aws.") else put(backend, [e])[0] for e in events]

    seams.replace(Rule, "send_to_targets", send_to_targets)
    seams.replace(EventsBackend, "put_events", put_events)


class Deliveries:
    """Events on their way to what rules point at, beside the request that put them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="events")
        self._under_way: set[Future[None]] = set()
        self.close = functools.partial(self._pool.shutdown, cancel_futures=True)

    def submit(self, deliver: Callable[..., None], *given: Any) -> None:
        """Have one event delivered."""
        delivery = self._pool.submit(deliver, *given)
        self._under_way.add(delivery)
        delivery.add_done_callback(self._under_way.discard)

    def settle(self, seconds: float) -> None:
        """Wait until every event is where it was to go, and what it set off; no longer than so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := list(self._under_way)) and time.monotonic() < deadline:
            wait(left, deadline - time.monotonic())


class Targets:
    """Delivers events to what rules point at."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._senders: dict[str, Callable[[dict[str, Any], str], None]] = {
            "sqs": self._to_queue,
            "sns": self._to_topic,
            "lambda": self._to_function,
            "states": self._to_state_machine,
        }

    def deliver(self, rule: Any, target: dict[str, Any], original_event: Event) -> None:
        """Delivers one event to one target; what fails is logged and goes to the target's dead-letter queue."""
        try:
            self._send(rule, target, original_event)
        except Exception as error:
            log.exception("EventBridge rule %s could not deliver to %s", rule.name, target["Arn"])
            if "DeadLetterConfig" in target:
                self._to_dead_letters(rule, target, original_event, error)

    def _send(self, rule: Any, target: dict[str, Any], original_event: Event) -> None:
        service, resource = target["Arn"].split(":")[2], target["Arn"].split(":", 5)[5]
        event = _as_delivered(original_event)
        if service in self._senders:
            self._senders[service](target, _input(target, original_event, event))
        elif service == "logs":
            rule._send_to_cw_log_group(resource.removeprefix("log-group:"), event | {"time": _seconds(event)})
        elif service == "events" and resource.startswith("event-bus/"):
            self._to_bus(resource.removeprefix("event-bus/"), event)
        elif service == "events" and not resource.strip(":"):
            self._to_archive(rule, original_event)
        else:
            raise ValueError(f"the laptop cloud does not deliver events to {target['Arn']}")

    def _to_queue(self, target: dict[str, Any], body: str) -> None:
        group = target.get("SqsParameters", {})
        self._cloud.client("sqs").send_message(QueueUrl=self._queue_url(target["Arn"]), MessageBody=body, **group)

    def _queue_url(self, arn: str) -> str:
        account, name = arn.split(":")[4:6]
        return f"{self._cloud.endpoint_url}/{account}/{name}"

    def _to_topic(self, target: dict[str, Any], body: str) -> None:
        self._cloud.client("sns").publish(TopicArn=target["Arn"], Message=body)

    def _to_function(self, target: dict[str, Any], body: str) -> None:
        self._cloud.client("lambda").invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=body)

    def _to_state_machine(self, target: dict[str, Any], body: str) -> None:
        self._cloud.client("stepfunctions").start_execution(stateMachineArn=target["Arn"], input=body)

    def _to_bus(self, name: str, event: Event) -> None:
        bus = events_backends[self._cloud.account][self._cloud.region].event_buses[name]
        for rule in list(bus.rules.values()):
            rule.send_to_targets(event)

    def _to_archive(self, rule: Any, event: Event) -> None:
        for archive in list(events_backends[self._cloud.account][self._cloud.region].archives.values()):
            if archive.rule is rule:
                archive.events.append(event)

    def _to_dead_letters(self, rule: Any, target: dict[str, Any], event: Event, error: Exception) -> None:
        facts = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": type(error).__name__,
            "ERROR_MESSAGE": str(error),
        }
        try:
            self._cloud.client("sqs").send_message(
                QueueUrl=self._queue_url(target["DeadLetterConfig"]["Arn"]),
                MessageBody=json.dumps(_as_delivered(event)),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in facts.items() if value
                },
            )
        except Exception:
            log.exception("EventBridge rule %s could not reach its dead-letter queue either; event lost", rule.name)


def _is_meant(rule: Any, event: Event) -> bool:
    """A replay goes to the rules that it names; without any, to all."""
    replay = events_backends[rule.account_id][rule.region_name].replays.get(event.get("replay-name", ""))
    named = replay.destination.get("FilterArns") if replay else None
    return not named or rule.arn in named


def _as_delivered(event: Event) -> Event:
    """The event as a target sees it: time in ISO 8601, nothing of moto's own."""
    delivered = {key: value for key, value in event.items() if key != "ingestion-time"}
    time = delivered["time"]
    if not isinstance(time, str):
        seconds = time.timestamp() if isinstance(time, datetime.datetime) else float(time)
        delivered["time"] = datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return delivered


def _seconds(event: Event) -> float:
    return datetime.datetime.fromisoformat(event["time"]).timestamp()


def _input(target: dict[str, Any], original_event: Event, event: Event) -> str:
    if "InputPath" in target:
        raise ValueError("the laptop cloud has Input and InputTransformer for targets, but not InputPath")
    if "Input" in target:
        return str(target["Input"])
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    made = EventTemplateParser.parse(
        transformer["InputTemplate"],
        transformer.get("InputPathsMap", {}),
        {"ingestion-time": event["time"], **original_event},
    )
    return json.dumps(made)
