import pytest

from evergreen.stores.arrivals import ArrivalState
from tests.integration.functions.world import World
from tests.integration.stores.aws import BUCKET


@pytest.mark.parametrize("key", ["incoming/next_purchas/a 1.csv", "elsewhere/a 1.csv"])
def test_a_misplaced_file_is_quarantined_and_told_once(world: World, key: str) -> None:
    event = world.drop(key, "precious")
    for _ in range(3):
        world.dispatcher.take(event)
    (copy,) = world.aws.keys("quarantine/")
    assert world.aws.text(copy) == "precious"
    assert copy.startswith("quarantine/unknown/")
    assert copy.endswith("/a_1.csv")
    (notice,) = world.aws.notices()
    assert notice["kind"] == "DATA_REJECTED"
    assert f"s3://evergreen-data/{key}: no data set takes files there" in notice["body"]
    assert f"A copy is at s3://evergreen-data/{copy}." in notice["body"]
    assert world.started() == []
    settled = world.state(notice["notification_id"], "unknown")
    assert settled["state"] == ArrivalState.QUARANTINED
    assert "no data set takes files there" in settled["reason"]


def test_the_original_of_a_misplaced_file_stays_where_it_is(world: World) -> None:
    world.dispatcher.take(world.drop("elsewhere/a.csv", "precious"))
    assert world.aws.text("elsewhere/a.csv") == "precious"


def test_a_misplaced_file_that_s3_will_not_give_is_told_of_all_the_same(world: World) -> None:
    event = world.drop("elsewhere/a.csv")
    put = world.aws.s3.put_object(Bucket=BUCKET, Key="elsewhere/a.csv", Body=b"x", StorageClass="GLACIER")
    event["detail"]["object"]["version-id"] = put["VersionId"]
    for _ in range(2):
        world.dispatcher.take(event)
    (notice,) = world.aws.notices()
    assert "no data set takes files there" in notice["body"]
    assert "No copy: S3 does not give s3://evergreen-data/elsewhere/a.csv (InvalidObjectState)" in notice["body"]


def test_a_misplaced_file_that_is_gone_already_is_told_without_a_copy(world: World) -> None:
    event = world.drop("elsewhere/a.csv")
    version = event["detail"]["object"]["version-id"]
    world.aws.s3.delete_object(Bucket="evergreen-data", Key="elsewhere/a.csv", VersionId=version)
    world.dispatcher.take(event)
    (notice,) = world.aws.notices()
    assert "A copy is at" not in notice["body"]


def test_a_misplaced_file_too_large_to_be_copied_in_time_is_told_and_stays(world: World) -> None:
    event = world.drop("elsewhere/a.csv")
    event["detail"]["object"]["size"] = 100_000_000_000
    world.dispatcher.take(event)
    assert world.aws.keys("quarantine/") == []
    (notice,) = world.aws.notices()
    version = event["detail"]["object"]["version-id"]
    assert f"No copy, for it has 100,000,000,000 bytes: version {version} of it stays where it is" in notice["body"]
    assert world.state(notice["notification_id"], "unknown")["state"] == ArrivalState.QUARANTINED
