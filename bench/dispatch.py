"""1,000 events, each delivered three times in any order, for 20 data sets: runs started, arrivals lost, time per event.

Dispatch's own code against moto in this process: the time is moto's for the most part, so the calls to AWS are
counted, too. The baseline is the least that could do it: one conditional write for each event. `python -m
bench.dispatch`.
"""

import json
import random
import sys
import time
from collections import Counter
from typing import Any

import boto3

from evergreen.contracts import Contracts, DatasetFolder
from evergreen.ledger import ArrivalState
from evergreen.stores.arrivals import ArrivalsLedger
from tests.integration.functions.world import DATASET, World, sample
from tests.integration.stores.aws import BUCKET, account

EVENTS, DELIVERIES, DATASETS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000, 3, 20
_SEED = 7


def main() -> None:
    """Measure, and print one line of JSON and a table."""
    with account() as aws:
        world = World.of(aws)
        world.contracts = _many(world.contracts[DATASET])
        figures = _measure(world)
    print(json.dumps(figures, indent=1))


def _many(folder: DatasetFolder) -> Contracts:
    def named(number: int) -> DatasetFolder:
        contract = folder.contract.model_copy(update={"id": f"orders_{number}"})
        return folder.model_copy(update={"contract": contract})

    return Contracts({f"orders_{number}": named(number) for number in range(DATASETS)})


def _events() -> list[dict[str, Any]]:
    events = []
    for number in range(EVENTS):
        event = sample("object-dropped")
        event["detail"]["bucket"]["name"] = BUCKET
        key = f"incoming/orders_{number % DATASETS}/{number}.csv"
        event["detail"]["object"] |= {"key": key, "version-id": f"v{number}", "sequencer": f"{number:016X}"}
        events.append(event)
    return events


def _measure(world: World) -> dict[str, Any]:
    shuffled = random.Random(_SEED)
    deliveries = [event for event in _events() for _ in range(DELIVERIES)]
    shuffled.shuffle(deliveries)
    calls = _count_calls(world)
    dispatcher, spent, slowest, wall = world.dispatcher, 0.0, 0.0, time.perf_counter()
    for number, event in enumerate(deliveries):
        began = time.process_time()
        dispatcher.take(event)
        took = time.process_time() - began
        spent, slowest = spent + took, max(slowest, took)
        if number % 50 == 49:
            _end_all(world)
    while _end_all(world):
        pass
    wall = time.perf_counter() - wall
    return {
        "events": EVENTS,
        "deliveries": len(deliveries),
        **_outcome(world),
        "dispatcher_cpu_ms_per_delivery": round(1000 * spent / len(deliveries), 1),
        "slowest_delivery_cpu_ms": round(1000 * slowest, 1),
        "baseline_cpu_ms_one_conditional_write": round(1000 * _baseline(world), 1),
        "aws_calls_per_delivery": round(sum(calls.values()) / len(deliveries), 2),
        "aws_calls": dict(calls.most_common()),
        "wall_seconds": round(wall, 1),
    }


def _end_all(world: World) -> bool:
    """End every run as CompleteRun and Step Functions would; False when none was running."""
    found = world.sfn.list_executions(stateMachineArn=world.machine_arn, statusFilter="RUNNING")["executions"]
    for each in found:
        run = world.runs.get(each["name"]) or {}
        for arrival_id in run["arrival_ids"]:
            world.ledger.settle(run["dataset"], arrival_id, ArrivalState.DONE, each["name"])
        world.runs.note(each["name"], status="SUCCEEDED")
        world.sfn.stop_execution(executionArn=each["executionArn"])
        world.dispatcher.take(world.ended(each["name"], "SUCCEEDED"))
    return bool(found)


def _outcome(world: World) -> dict[str, Any]:
    taken: Counter[str] = Counter()
    runs = [run for number in range(DATASETS) for run in world.runs.of(f"orders_{number}")]
    for run in runs:
        taken.update(run["arrival_ids"])
    ledger = ArrivalsLedger(world.aws.registry)
    entries = [entry for number in range(DATASETS) for entry in ledger.entries(f"orders_{number}")]
    return {
        "runs_started": len(runs),
        "arrivals_recorded": len(entries),
        "lost": EVENTS - sum(entry.state == ArrivalState.DONE for entry in entries),
        "duplicates": sum(count - 1 for count in taken.values()),
    }


def _count_calls(world: World) -> Counter[str]:
    calls: Counter[str] = Counter()
    clients = (world.aws.registry.meta.client, world.aws.s3, world.sfn, world.sns, world.scheduler)
    for client in clients:
        client.meta.events.register("before-call", lambda model, **_: calls.update([model.name]))
    return calls


def _baseline(world: World) -> float:
    """CPU seconds of one conditional write of an item of an arrival's size."""
    table, began = boto3.resource("dynamodb").Table(world.aws.registry.name), time.process_time()
    for number in range(100):
        item = {"pk": "BASELINE", "sk": str(number), "cause": "x" * 400}
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
    return (time.process_time() - began) / 100


if __name__ == "__main__":
    main()
