"""The Lambda handler LogScores: one inference log for each part of what a run has scored."""

import os
from typing import Any

import boto3

from container.log import log
from container.log_scores.parts import log_parts
from container.log_scores.run_objects import RunObjects
from evergreen.strict import Strict


class Request(Strict):
    """What the workflow hands on: the run that scored, and the run whose model it used."""

    dataset: str
    run_id: str
    champion_run_id: str


s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Returns how many logs were written; those that an earlier attempt has written stay as they are."""
    request = Request.model_validate(event)
    objects = RunObjects(s3, os.environ["DATA_BUCKET"])
    written = log_parts(objects, request.dataset, request.run_id, request.champion_run_id)
    log("scores logged", run_id=request.run_id, written=len(written), rows=sum(each.rows for each in written))
    return {"written": len(written)}
