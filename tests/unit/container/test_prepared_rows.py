"""Rows that are read in batches are the rows of the file, and hosts share them out."""

import json
from pathlib import Path

import numpy as np
import pytest

from container import on_disk
from container.fold import Fold
from container.learned_rows import row_hashes
from container.machine import memory_bytes
from container.rows import LabelledRows
from container.train.hosts import Hosts
from container.train.prepared import PreparedRows, Share
from tests.integration.container.training_jobs import SIGNATURE, made_channel


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_channel(tmp_path_factory.mktemp("made") / "train", rows=1_000) / "train.parquet"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "BATCH_CELLS", 210)  # 70 rows, which no row group ends at


@pytest.mark.parametrize("place", ["memory", "disk"])
def test_batches_are_the_table(file: Path, tmp_path: Path, place: str) -> None:
    whole = LabelledRows.read(file, SIGNATURE)
    read = PreparedRows.read(file, SIGNATURE, tmp_path if place == "disk" else None)
    np.testing.assert_array_equal(read.fold.values, Fold.of(whole, SIGNATURE).values)
    np.testing.assert_array_equal(read.targets, whole.targets)
    np.testing.assert_array_equal(read.hashes, row_hashes(whole, SIGNATURE))
    assert (on_disk.folder_of(read.fold.values) is not None) == (place == "disk")


def test_every_row_is_one_hosts_and_no_others(file: Path) -> None:
    whole = PreparedRows.read(file, SIGNATURE)
    parts = [PreparedRows.read(file, SIGNATURE, share=Share(rank, 3)) for rank in range(3)]
    assert [len(part.fold.targets) for part in parts] == [334, 333, 333]
    for rank, part in enumerate(parts):
        np.testing.assert_array_equal(part.fold.values, whole.fold.values[rank::3])
        np.testing.assert_array_equal(part.fold.targets, whole.targets[rank::3])
        np.testing.assert_array_equal(part.targets, whole.targets)


def test_hosts_are_in_one_order_whoever_asks_and_no_more_than_the_rows_need(tmp_path: Path) -> None:
    path = tmp_path / "resourceconfig.json"
    for current, rank in {"algo-2": 1, "algo-1": 0}.items():
        path.write_text(json.dumps({"hosts": ["algo-2", "algo-3", "algo-1"], "current_host": current}))
        assert Hosts.read(path) == Hosts(("algo-1", "algo-2", "algo-3"), rank)
    assert Hosts.read(path).for_rows(2_500).names == ("algo-1", "algo-2")
    assert Hosts.read(path).for_rows(3).names == ("algo-1",)
    assert Hosts.read(tmp_path / "none.json") == Hosts(("algo-1",), 0)


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_memory_is_what_the_container_may_have(tmp_path: Path, name: str) -> None:
    machine = memory_bytes(tmp_path)
    limit = tmp_path / name
    limit.parent.mkdir(exist_ok=True)
    limit.write_text("1000000\n")
    assert memory_bytes(tmp_path) == 1_000_000 < machine
    for none in ("max\n", "9223372036854771712\n"):
        limit.write_text(none)
        assert memory_bytes(tmp_path) == machine
