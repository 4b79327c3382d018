"""What a run was to take and cannot: said, and no reason not to run."""

from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.arrivals import ArrivalState
from evergreen.stores.endings import Status
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET

A, B = "incoming/next_purchase/a.csv", "incoming/next_purchase/nested/ä b.csv"


def pinned(world: World, run_id: str) -> list[str]:
    world.pinning.pin(DATASET, run_id, 1)
    return [each.source for each in world.files.read(RunLayout(DATASET, run_id).manifest, RunManifest).inputs]


def test_a_version_deleted_before_the_run_is_quarantined_with_its_reason(world: World) -> None:
    run_id, arrivals = world.run(A, B)
    gone = next(each for each in arrivals if each.key == A)
    world.aws.s3.delete_object(Bucket=BUCKET, Key=A, VersionId=gone.version_id)
    assert pinned(world, run_id) == [f"s3://{BUCKET}/{B}"]
    settled = world.state(gone.arrival_id)
    assert settled["state"] == ArrivalState.QUARANTINED
    assert (
        f"s3://{BUCKET}/{A} (version {gone.version_id}) was deleted before the run could take it" in settled["reason"]
    )


def test_a_file_that_s3_will_not_give_is_set_aside_and_told_of_and_the_run_goes_on_without_it(world: World) -> None:
    run_id, arrivals = world.run(A, B)
    archived = next(each for each in arrivals if each.key == A)
    put = world.aws.s3.put_object(Bucket=BUCKET, Key=A, Body=b"x", StorageClass="GLACIER")
    key = {"pk": f"DATASET#{DATASET}", "sk": f"ARRIVAL#{archived.arrival_id}"}
    said = {"UpdateExpression": "SET version_id = :v", "ExpressionAttributeValues": {":v": put["VersionId"]}}
    world.aws.registry.update_item(Key=key, **said)
    for _ in range(2):
        assert pinned(world, run_id) == [f"s3://{BUCKET}/{B}"]
    assert world.state(archived.arrival_id)["state"] == ArrivalState.QUARANTINED
    world.dispatcher.endings.end(run_id, Status.SUCCEEDED, "subject", "body")
    (notice,) = world.aws.notices()
    assert f"Without: S3 does not give s3://{BUCKET}/{A} (InvalidObjectState): it is archived" in notice["body"]
    assert [each["arrival_id"] for each in world.ledger.given_up(DATASET)] == [archived.arrival_id]
    assert world.ledger.reopen(DATASET, archived.arrival_id), "a redrive takes it along once it is mended"
