"""`evergreen unlearn`: what it notes, shows and takes back, and what the next run then leaves out."""

import json

import pytest

from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.arrivals import ArrivalState
from tests.integration.cli.conftest import Desk
from tests.integration.cli.test_retrain import sent
from tests.integration.functions.test_dispatch_promotions_and_redrives import Sent
from tests.integration.functions.world import DATASET
from tests.integration.stores.aws import BUCKET

__all__ = ["sent"]
LOG = f"s3://{BUCKET}/inference/{DATASET}/monday.csv"


def taken(desk: Desk, *names: str) -> str:
    """A run that has taken these files into the history."""
    run_id, arrivals = desk.world.run(*(f"incoming/{DATASET}/{name}.csv" for name in names))
    for each in arrivals:
        key = f"{RunLayout(DATASET, run_id).accepted}/{each.arrival_id}.parquet"
        desk.world.ledger.settle(DATASET, each.arrival_id, ArrivalState.DONE, run_id, accepted_key=key)
    desk.world.leases.release(DATASET, run_id)
    return run_id


def pinned(desk: Desk, *names: str) -> RunManifest:
    """What the next run is allowed to look at."""
    run_id, _ = desk.world.run(*(f"incoming/{DATASET}/{name}.csv" for name in names))
    desk.world.pinning.pin(DATASET, run_id, 2)
    desk.world.leases.release(DATASET, run_id)
    return desk.world.files.read(RunLayout(DATASET, run_id).manifest, RunManifest)


def uri(name: str) -> str:
    return f"s3://{BUCKET}/incoming/{DATASET}/{name}.csv"


def test_the_next_run_lacks_exactly_the_file_that_is_unlearned_and_undone_has_it_again(desk: Desk) -> None:
    taken(desk, "good", "bad")
    everything = pinned(desk, "one").history
    said = desk.said("unlearn", DATASET, "--source", uri("bad"), "--reason", "wrong prices")
    without = pinned(desk, "two")
    assert "--undo" in said
    assert len(everything) == len(without.history) + 1 == 2
    assert set(without.history) < set(everything)
    assert without.unlearned == (uri("bad"),)
    desk.said("unlearn", DATASET, "--source", uri("bad"), "--undo")
    assert pinned(desk, "three").history == everything


def test_a_run_is_unlearned_with_all_that_it_took_in(desk: Desk) -> None:
    first, second = taken(desk, "a", "b"), taken(desk, "c")
    desk.said("unlearn", DATASET, "--run", first, "--reason", "wrong file")
    (left,) = pinned(desk, "d").history
    assert second in left


def test_a_file_that_is_unlearned_before_its_run_is_set_aside_with_the_reason(desk: Desk) -> None:
    taken(desk, "bad")
    desk.said("unlearn", DATASET, "--source", uri("bad"), "--reason", "wrong prices")
    manifest = pinned(desk, "bad", "good")
    assert [each.source for each in manifest.inputs] == [uri("good")]
    states = {each.arrival.key: each.state for each in desk.world.ledger.entries(DATASET) if not each.accepted_key}
    assert states[f"incoming/{DATASET}/bad.csv"] == ArrivalState.QUARANTINED


def test_what_is_unlearned_is_listed_and_shown_beside_champions_and_arrivals(desk: Desk) -> None:
    taken(desk, "bad")
    desk.said("unlearn", DATASET, "--source", LOG, "--reason", "sensor 4 was off")
    desk.said("unlearn", DATASET, "--source", uri("bad"), "--reason", "wrong prices")
    assert "sensor 4 was off" in desk.said("unlearn", DATASET, "--list")
    told = json.loads(desk.said("history", DATASET, "-o", "json"))["unlearned"]
    assert [each["what"] for each in told] == [LOG, uri("bad")]
    (arrival,) = json.loads(desk.said("arrivals", DATASET, "-o", "json"))
    assert arrival["why"].endswith(": wrong prices")


def test_with_retrain_a_run_is_asked_for_that_says_why(desk: Desk, sent: Sent) -> None:
    desk.said("unlearn", DATASET, "--source", LOG, "--reason", "sensor 4 was off", "--retrain")
    (detail,) = sent.details
    assert (detail["kind"], detail["reason"]) == ("manual", f"unlearns {LOG}: sensor 4 was off")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param((), "name what is to be unlearned", id="nothing named"),
        pytest.param(("--source", LOG, "--run", "r"), "name what is to be unlearned", id="both named"),
        pytest.param(("--source", "monday.csv"), "is no URI like s3://", id="no URI"),
        pytest.param(
            ("--source", f"s3://{BUCKET}/elsewhere/a.csv"), "nothing of next_purchase came from", id="unknown"
        ),
        pytest.param(("--run", "line-yield-00001-3f2a9c81"), "is a run of line_yield", id="another data set's run"),
        pytest.param(("--run", "next-purchase-00009-3f2a9c81"), "nothing of next_purchase came from", id="no such run"),
        pytest.param(("--source", LOG, "--undo"), "is not unlearned", id="not unlearned"),
        pytest.param(("--source", LOG, "--reason", " "), 'say why: --reason "…"', id="no reason"),
    ],
)
def test_what_is_not_clear_changes_nothing(desk: Desk, given: tuple[str, ...], told: str) -> None:
    assert told in desk.refused("unlearn", DATASET, *given)
    assert "learns from everything" in desk.said("unlearn", DATASET, "--list")


def test_a_log_that_is_not_there_is_unlearned_with_a_warning_for_its_name_may_have_a_slip(desk: Desk) -> None:
    assert "There is no such object now" in desk.said("unlearn", DATASET, "--source", LOG, "--reason", "off")
    desk.world.files.write(f"inference/{DATASET}/there.csv", b"item_id,time\n")
    there = LOG.replace("monday", "there")
    assert "no such object" not in desk.said("unlearn", DATASET, "--source", there, "--reason", "off")
