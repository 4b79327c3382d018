"""The Lambda handler: explains one prediction with the model that made it, from the very line that was scored."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from container.evaluate.archive import load_archive
from container.explanation import explain, line_starts
from evergreen.errors import UserMustAct
from evergreen.generations import ScoringParts
from evergreen.layout import RunLayout
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class Request(Strict):
    """Whose prediction, in which generation, and the key of the model that made it."""

    bucket: str
    dataset: str
    generation: str
    entity: str
    model_key: str


class EntityNotScored(UserMustAct):
    """The generation has no line for the entity."""


s3: "S3Client" = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers, for each predictor of the model, its base and what every feature adds, the strongest first."""
    request = Request.model_validate(event)
    values = _values(request)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        s3.download_file(request.bucket, request.model_key, str(archive))
        model = load_archive(archive).model
    return {each.predictor: each.document() for each in explain(model, values)}


def _values(request: Request) -> str:
    """The features of the entity as they were scored. Raises EntityNotScored."""
    layout, start = RunLayout(request.dataset, request.generation), line_starts(request.entity)
    listed = s3.get_object(Bucket=request.bucket, Key=layout.scoring_parts)["Body"].read()
    for each in ScoringParts.model_validate_json(listed).root:
        for line in _lines(request.bucket, layout.scoring_part(each.part)):
            if line.startswith(start):
                return line.removeprefix(start)
    raise EntityNotScored(f"{json.dumps(request.entity)} is not among the rows that {request.generation} scored")


def _lines(bucket: str, key: str) -> Iterator[str]:
    for line in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines():
        yield line.decode()
