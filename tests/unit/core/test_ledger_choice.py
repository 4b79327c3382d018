"""What a run takes: versions of one key, batches with their manifest, and whole units up to a limit."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Literal

import pytest

from evergreen.arrivals import Arrival, newer
from evergreen.batches import BatchFile, BatchManifest, read_manifest
from evergreen.errors import DatasetRejected
from evergreen.ledger import ArrivalState, Choice, LedgerEntry, choose, manifests_to_read, replaced, to_be_hashed

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(
    name: str, sequencer: str = "1", *, state: ArrivalState = ArrivalState.WAITING, size: int = 3, minute: int = 0
) -> LedgerEntry:
    """`a.csv` lies by itself, `may/a.csv` in the batch may."""
    batch = name.split("/", maxsplit=1)[0] if "/" in name else None
    arrival = Arrival(
        arrival_id=f"{name}@{sequencer}",
        dataset="orders",
        kind="manifest" if name.endswith("/manifest.json") else "object",
        cause=f"{name} was dropped",
        at=(T0 + timedelta(minutes=minute)).isoformat(),
        bucket="b",
        key=f"incoming/orders/{name}",
        version_id=f"v{sequencer}",
        size=size,
        sequencer=sequencer,
        etag=f"e{sequencer}",
        batch=batch,
    )
    return LedgerEntry(arrival=arrival, state=state, recorded_at=T0 + timedelta(minutes=minute), run_id="r1")


def manifest(*files: tuple[str, int, str]) -> BatchManifest:
    return BatchManifest(files=tuple(BatchFile(name=name, size=size, etag=etag) for name, size, etag in files))


def chosen(
    *entries: LedgerEntry,
    arrives: Literal["append", "replace"] = "append",
    manifests: dict[str, BatchManifest] | None = None,
    most: int = 500,
) -> Choice:
    return choose(entries, arrives, manifests or {}, HOUR, most)


def ids(choice: Choice) -> list[str]:
    return [each.arrival.arrival_id for each in choice.ready]


@pytest.mark.parametrize(
    ("older", "later"), [("9", "A"), ("FF", "100"), ("0055AED6DCD90281E5", "0055AED6DCD90281E6"), ("0a", "B")]
)
def test_sequencers_are_hexadecimal_of_any_length_and_case(older: str, later: str) -> None:
    one, other = entry("a.csv", older).arrival, entry("a.csv", later).arrival
    assert newer(other, one)
    assert not newer(one, other)
    assert not newer(one, one)


def test_sequencers_of_different_keys_say_nothing() -> None:
    assert not newer(entry("b.csv", "2").arrival, entry("a.csv", "1").arrival)


def test_where_rows_are_appended_every_version_of_a_key_is_taken_in_the_order_of_s3() -> None:
    for order in permutations([entry("a.csv", "9"), entry("a.csv", "A"), entry("a.csv", "10")]):
        assert ids(chosen(*order)) == ["a.csv@9", "a.csv@A", "a.csv@10"]


def test_where_files_replace_each_other_the_newest_version_wins_and_the_others_are_superseded_by_it() -> None:
    for order in permutations([entry("a.csv", "1"), entry("a.csv", "2"), entry("a.csv", "3")]):
        choice = chosen(*order, arrives="replace")
        assert ids(choice) == ["a.csv@3"]
        assert choice.late == (), "before a run has taken the newest, another one may have taken an older one"
        needless = replaced(order, "replace", ["a.csv@3"])
        assert {(each.arrival_id, each.superseded_by) for each in needless} == {
            ("a.csv@1", "a.csv@3"),
            ("a.csv@2", "a.csv@3"),
        }
        assert "overwritten: version v3 took its place" in needless[0].reason


def test_a_run_supersedes_nothing_newer_than_what_it_takes_and_nothing_where_rows_are_appended() -> None:
    versions = [entry("a.csv", "1"), entry("a.csv", "2"), entry("a.csv", "3"), entry("b.csv", "1")]
    assert [each.arrival_id for each in replaced(versions, "replace", ["a.csv@2"])] == ["a.csv@1"]
    assert replaced(versions, "append", ["a.csv@2"]) == []


@pytest.mark.parametrize("state", [ArrivalState.DONE, ArrivalState.QUARANTINED, ArrivalState.SUPERSEDED])
def test_an_older_version_that_comes_late_never_takes_the_newer_ones_place(state: ArrivalState) -> None:
    choice = chosen(entry("a.csv", "2", state=state), entry("a.csv", "1"), arrives="replace")
    assert ids(choice) == []
    assert [each.arrival_id for each in choice.late] == ["a.csv@1"]


def test_files_of_other_names_do_not_supersede_each_other_here() -> None:
    assert ids(chosen(entry("a.csv", "1"), entry("b.csv", "2"), arrives="replace")) == ["a.csv@1", "b.csv@2"]


BATCH = [entry("may/a.csv"), entry("may/b.csv"), entry("may/manifest.json", minute=1)]
NAMES = {"may/manifest.json@1": manifest(("b.csv", 3, "e1"), ("a.csv", 3, "e1"))}


def test_a_complete_batch_is_taken_whole_whichever_event_comes_first() -> None:
    for order in permutations(BATCH):
        choice = chosen(*order, manifests=NAMES)
        assert sorted(ids(choice)) == ["may/a.csv@1", "may/b.csv@1", "may/manifest.json@1"]
        assert choice.incomplete == ()


def test_files_without_their_manifest_wait_since_the_first_until_the_deadline() -> None:
    choice = chosen(entry("may/b.csv", minute=9), entry("may/a.csv", minute=5), entry("c.csv"))
    assert ids(choice) == ["c.csv@1"]
    (batch,) = choice.incomplete
    assert (batch.name, batch.faults) == ("may", ("manifest.json is missing",))
    assert (batch.since, batch.deadline) == (T0 + timedelta(minutes=5), T0 + timedelta(minutes=65))


def test_each_file_that_is_missing_or_differs_is_named() -> None:
    names = {
        "may/manifest.json@1": manifest(("a.csv", 4, "e1"), ("b.csv", 3, "e2"), ("c.csv", 3, "e1"), ("d.csv", 1, "e1"))
    }
    taken = entry("may/d.csv", state=ArrivalState.DONE)
    (batch,) = chosen(*BATCH, taken, manifests=names).incomplete
    assert batch.faults == (
        "a.csv has 3 bytes, not 4 as the manifest says",
        "b.csv has the etag e1, not e2",
        "c.csv is missing",
        "d.csv is missing: run r1 took the one that was there",
    )


def test_a_mended_file_completes_the_batch_and_supersedes_the_wrong_one() -> None:
    mended = {"may/manifest.json@1": manifest(("a.csv", 3, "e2"), ("b.csv", 3, "e1"))}
    choice = chosen(*BATCH, entry("may/a.csv", "2"), manifests=mended)
    assert sorted(ids(choice)) == ["may/a.csv@2", "may/b.csv@1", "may/manifest.json@1"]
    needless = replaced([*BATCH, entry("may/a.csv", "2")], "append", ids(choice))
    assert [(each.arrival_id, each.superseded_by) for each in needless] == [("may/a.csv@1", "may/a.csv@2")]


def test_a_file_uploaded_again_after_its_manifest_waits_for_a_manifest_of_its_own() -> None:
    versions = [*BATCH, entry("may/a.csv", "2")]
    choice = chosen(*versions, manifests=NAMES)
    assert "may/a.csv@1" in ids(choice)
    assert "may/a.csv@2" not in ids(choice)
    assert replaced(versions, "append", ids(choice)) == []


def test_a_newer_manifest_takes_the_place_of_the_one_before() -> None:
    newest = {"may/manifest.json@2": manifest(("a.csv", 3, "e1"))}
    choice = chosen(*BATCH, entry("may/manifest.json", "2"), manifests=newest)
    assert sorted(ids(choice)) == ["may/a.csv@1", "may/manifest.json@2"]
    needless = replaced([*BATCH, entry("may/manifest.json", "2")], "append", ids(choice))
    assert [each.arrival_id for each in needless] == ["may/manifest.json@1"]
    read = manifests_to_read([*BATCH, entry("may/manifest.json", "2")])
    assert [each.arrival.arrival_id for each in read] == ["may/manifest.json@2"]


def test_what_comes_late_of_a_batch_that_a_run_took_is_superseded() -> None:
    done = [each.model_copy(update={"state": ArrivalState.DONE}) for each in (entry("may/a.csv", "2"), BATCH[2])]
    choice = chosen(*done, entry("may/a.csv", "1"))
    assert (ids(choice), choice.incomplete) == ([], ())
    assert [each.arrival_id for each in choice.late] == ["may/a.csv@1"]


def test_a_file_is_hashed_only_when_nothing_else_tells() -> None:
    def names(**checksum: str) -> dict[str, BatchManifest]:
        file = BatchFile(name="a.csv", size=3, **checksum)
        return {"may/manifest.json@1": BatchManifest(files=(file,))}

    sha256 = "0" * 64
    assert [each.arrival.arrival_id for each in to_be_hashed(BATCH, names(sha256=sha256))] == ["may/a.csv@1"]
    assert to_be_hashed(BATCH, names(sha256=sha256, etag="e1")) == []
    hashed = [BATCH[0].model_copy(update={"sha256": sha256}), *BATCH[1:]]
    assert to_be_hashed(hashed, names(sha256=sha256)) == []
    assert sorted(ids(chosen(*hashed, manifests=names(sha256=sha256)))) == ["may/a.csv@1", "may/manifest.json@1"]
    (batch,) = chosen(*hashed, manifests=names(sha256="1" * 64)).incomplete
    assert batch.faults == (f"a.csv has the sha256 {sha256[:12]}…, not {'1' * 12}… as the manifest says",)
    (batch,) = chosen(*BATCH, manifests=names(sha256=sha256)).incomplete
    assert batch.faults == (
        "a.csv cannot be compared yet: state its etag, or upload it with --checksum-algorithm SHA256",
    )


def test_a_batch_is_never_divided_between_runs() -> None:
    singles = [entry(f"{number}.csv") for number in range(3)]
    choice = chosen(*singles, *BATCH, manifests=NAMES, most=5)
    assert len(choice.ready) == 3
    assert len(chosen(*singles, *BATCH, manifests=NAMES, most=6).ready) == 6


def test_what_is_new_goes_before_what_failed_runs_left() -> None:
    held = [entry(f"{number}.csv", state=ArrivalState.HELD) for number in range(3)]
    assert ids(chosen(*held, entry("new.csv", minute=9), most=2)) == ["0.csv@1", "new.csv@1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Invalid JSON"),
        (b"{}", "files"),
        (b'{"files": []}', "files"),
        (b'{"files": [{"name": "a.csv", "size": 1}]}', "needs sha256"),
        (b'{"files": [{"name": "a.csv", "size": 1, "sha256": "abc"}]}', "sha256"),
        (b'{"files": [{"name": "a.csv", "size": 1, "etag": "e"}, {"name": "a.csv", "size": 1, "etag": "e"}]}', "a.csv"),
        (b'{"files": [{"name": "manifest.json", "size": 1, "etag": "e"}]}', "itself"),
    ],
)
def test_what_is_no_manifest_is_refused_with_what_one_looks_like(content: bytes, words: str) -> None:
    with pytest.raises(DatasetRejected, match=words) as refused:
        read_manifest(content)
    assert '{"files": [{"name"' in str(refused.value)
