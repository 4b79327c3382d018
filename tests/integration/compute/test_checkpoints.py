"""What a training job leaves in its checkpoint folder is there for the next job at the same place in S3."""

import json
from typing import Any

from tests.integration.compute.test_training_and_processing_jobs import members
from tests.integration.compute.world import World, until


def started(world: World, prefix: str, seconds: str) -> str:
    request: dict[str, Any] = world.training_request(do="keep", seconds=seconds)
    world.client("sagemaker").create_training_job(**request, CheckpointConfig={"S3Uri": world.uri(prefix)})
    return str(request["TrainingJobName"])


def test_a_stopped_jobs_checkpoint_is_what_the_next_one_goes_on_from(world: World) -> None:
    world.put("train/rows.csv", "1,2\n3,4\n")
    first = started(world, "checkpoints/d/r1/", "60")

    def kept() -> bool:
        found = world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix="checkpoints/d/r1/")
        return [each["Key"] for each in found.get("Contents", [])] == ["checkpoints/d/r1/so-far"]

    assert until(kept, seconds=15)  # while it still runs, for a machine may go without a word
    world.client("sagemaker").stop_training_job(TrainingJobName=first)
    assert world.finished("Training", first)["TrainingJobStatus"] == "Stopped"
    second = world.finished("Training", started(world, "checkpoints/d/r1/", "0"))
    elsewhere = world.finished("Training", started(world, "checkpoints/d/r2/", "0"))

    factors = [
        json.loads(members(world.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["model.json"])["factor"]
        for job in (second, elsewhere)
    ]
    assert factors == [1, 0]
