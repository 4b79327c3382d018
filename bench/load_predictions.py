"""Items a second through the loader against a plain `batch_writer` loop. `python -m bench.load_predictions [ITEMS]`.

Both load the same rows into the same server in the same run, taking turns. One server answers at once, so what is left
is the client's own limit; the other takes 10 ms for a batch, as DynamoDB does; the third is moto, as on the laptop.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import boto3

from evergreen.stores.loader import QUICK, Loader

ITEMS = 20_000
ROUNDS = 3
DATASET, TABLE = "next_purchase", "predictions"
GENERATION = "next-purchase-00002-bbbbbbbb"
AT_ONCE, AS_DYNAMODB = 0.0, 0.010  # seconds for a batch


def main(items: int) -> None:
    print(
        f"{items:,} items of 11 attributes, {ROUNDS} rounds each, medians; per core = by CPU seconds of the client:\n"
    )
    print(f"{'server':<28}{'':<16}{'items/s':>10}{'per core':>10}")
    for server, seconds in (("answers at once", AT_ONCE), ("10 ms for a batch", AS_DYNAMODB)):
        with _answering(seconds) as url:
            _compare(server, url, items)
    with _moto() as url:
        session = _session()
        session.client("dynamodb", endpoint_url=url).create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        _compare("moto, in one other process", url, min(items, 5_000))


def _compare(server: str, url: str, items: int) -> None:
    ways: dict[str, Callable[[], None]] = {
        "batch_writer": lambda: _plain(url, items),
        "loader": lambda: _ours(url, items),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # warm
    for _ in range(ROUNDS):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = (
        {name: items / statistics.median(each[k] for each in of) for name, of in taken.items()} for k in (0, 1)
    )
    for name in ways:
        print(f"{server if name == 'batch_writer' else '':<28}{name:<16}{wall[name]:>10,.0f}{cpu[name]:>10,.0f}")
    by_wall, by_cpu = (each["loader"] / each["batch_writer"] for each in (wall, cpu))
    print(f"{'':<28}{'':<16}{by_wall:>9.1f}×{by_cpu:>9.1f}×\n", flush=True)


def _rows(items: int) -> Iterator[dict[str, Any]]:
    shared = {"model": "next-purchase-00001-aaaaaaaa", "generation": GENERATION, "as_of": "2011-12-10"}
    shared |= {"scored_at": "2026-03-02T09:02:21+00:00", "segment": "at_risk"}
    for number in range(items):
        days, probability = round(number * 0.37 % 90, 2), round(number * 0.001 % 1, 4)
        yield {"entity": str(10_000 + number), "prediction": days, "probability": probability, **shared}


def _plain(url: str, items: int) -> None:
    """What everybody writes first."""
    table = _session().resource("dynamodb", endpoint_url=url).Table(TABLE)
    with table.batch_writer() as batch:
        for row in _rows(items):
            item = {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in row.items()}
            batch.put_item(Item={**item, "pk": f"{DATASET}#{row['entity']}", "sk": GENERATION})


def _ours(url: str, items: int) -> None:
    loader = Loader(_session().client("dynamodb", endpoint_url=url, config=QUICK), TABLE)
    written = loader.load(DATASET, GENERATION, _rows(items))
    assert written == items


_SESSIONS: list[boto3.Session] = []


def _session() -> boto3.Session:
    if not _SESSIONS:
        _SESSIONS.append(boto3.Session("testing", "testing", region_name="us-east-1"))
    return _SESSIONS[0]


_SERVER = """
import asyncio, sys, zlib

BODY = b'{"UnprocessedItems":{}}'
HEAD = (
    f"HTTP/1.1 200 OK\\r\\nContent-Type: application/x-amz-json-1.0\\r\\nContent-Length: {len(BODY)}\\r\\n"
    f"x-amz-crc32: {zlib.crc32(BODY)}\\r\\n\\r\\n"
).encode()

async def answer(reader, writer):
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except asyncio.IncompleteReadError:
            return writer.close()
        lengths = [line for line in head.lower().split(b"\\r\\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(lengths[0].split(b":")[1]))
        if SECONDS:
            await asyncio.sleep(SECONDS)
        writer.write(HEAD + BODY)

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

SECONDS = float(sys.argv[1])
asyncio.run(main())
"""
_MOTO = """
import time
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(3600)
"""


@contextmanager
def _answering(seconds: float) -> Iterator[str]:
    """A server that takes whatever it gets, without looking at it."""
    with _process(_SERVER, str(seconds)) as url:
        yield url


@contextmanager
def _moto() -> Iterator[str]:
    with _process(_MOTO) as url:
        yield url


@contextmanager
def _process(program: str, *arguments: str) -> Iterator[str]:
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS)
