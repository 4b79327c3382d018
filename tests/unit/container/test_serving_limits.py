import asyncio
from pathlib import Path

import pytest

from container.machine import cores, memory_bytes
from container.serve.counters import Counters
from container.serve.limits import Busy, Limits, Room, execution_parameters
from container.serve.media import ARROW, CSV, JSON, LINES, PARQUET, UnknownType, sent, wanted


@pytest.mark.parametrize("cores", [1, 2, 8, 33, 192])
@pytest.mark.parametrize("megabytes", [1, 20, 100_000])
def test_batch_transform_is_told_of_what_cores_and_memory_take(cores: int, megabytes: int) -> None:
    said = execution_parameters(Limits(60, megabytes * 2**20), cores)
    concurrent, payload = int(said["MaxConcurrentTransforms"]), int(said["MaxPayloadInMB"])
    assert 1 <= payload <= 6
    assert 1 <= concurrent <= 2 * cores
    assert concurrent * payload <= min(100, megabytes)


def test_the_cgroup_says_what_may_be_used_of_the_machine(tmp_path: Path) -> None:
    machine = cores(tmp_path), memory_bytes(tmp_path)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (cores(tmp_path), memory_bytes(tmp_path)) == machine
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("1048576\n")
    assert (cores(tmp_path), memory_bytes(tmp_path)) == (1, 1_048_576)


def test_who_waits_for_room_is_let_in_by_turn_and_what_gives_up_holds_nothing() -> None:
    async def story() -> list[str]:
        room, told = Room(10), list[str]()

        async def hold(name: str, size: int, seconds: float) -> None:
            try:
                await room.take(size, seconds)
                told.append(name)
            except Busy:
                told.append(f"{name} gives up")

        await hold("first", 8, 0)
        others = [asyncio.create_task(hold(*each)) for each in (("large", 9, 0.05), ("small", 4, 5), ("next", 6, 5))]
        await asyncio.sleep(0.01)
        await hold("nothing to hold", 0, 0)
        await asyncio.sleep(0.1)
        room.give(8)
        await asyncio.gather(*others)
        assert not room.took(1)
        room.give(10)
        assert room.took(10)
        return told

    assert asyncio.run(story()) == ["first", "nothing to hold", "large gives up", "small", "next"]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, CSV),
        ("", CSV),
        ("*/*", CSV),
        ("Text/CSV; charset=UTF-8", CSV),
        ('application/json;charset="utf-8"', JSON),
        ("application/jsonlines", LINES),
        ("application/vnd.apache.parquet", PARQUET),
    ],
)
def test_a_body_is_what_its_header_says_however_it_is_spelt(header: str | None, kind: str) -> None:
    assert sent(header)[0] == kind


@pytest.mark.parametrize(
    "header", ["application/x-npy", "text/csv; charset=latin-1", "multipart/form-data; boundary=x"]
)
def test_what_is_not_read_is_told_by_name(header: str) -> None:
    with pytest.raises(UnknownType, match="send"):
        sent(header)


@pytest.mark.parametrize(
    ("accept", "given", "kind"),
    [
        (None, JSON, JSON),
        ("*/*", ARROW, ARROW),
        ("text/*", JSON, CSV),
        ("application/*", PARQUET, PARQUET),
        ("application/*", CSV, JSON),
        ("text/html, application/json;q=0.9, */*;q=0.8", CSV, JSON),
        ("application/json;q=0.1, application/x-parquet", CSV, PARQUET),
        ("text/csv;q=0, application/jsonlines", CSV, LINES),
    ],
)
def test_the_answer_has_the_form_that_is_liked_best(accept: str | None, given: str, kind: str) -> None:
    assert wanted(accept, given) == kind


def test_metrics_are_the_sums_of_all_processes(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    counters.add(200, 3, 0.004)
    counters.add(200, 7, 0.2)
    counters.add(400, 0, 99)
    (tmp_path / "4711").write_bytes((tmp_path / next(tmp_path.iterdir()).name).read_bytes())  # of another process
    lines = counters.text({"dataset": 'a "b"\n'}).splitlines()
    assert 'inference_requests_total{code="200"} 4' in lines
    assert 'inference_requests_total{code="400"} 2' in lines
    assert "inference_rows_total 20" in lines
    assert 'inference_latency_seconds_bucket{le="0.0025"} 0' in lines
    assert 'inference_latency_seconds_bucket{le="0.005"} 2' in lines
    assert 'inference_latency_seconds_bucket{le="+Inf"} 6' in lines
    assert "inference_latency_seconds_count 6" in lines
    assert 'model_info{dataset="a \\"b\\"\\n"} 1' in lines
