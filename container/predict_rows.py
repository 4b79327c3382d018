"""The Lambda handler: scores rows with the champion, which it keeps until there is another."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from container.clock import Clock
from container.evaluate.archive import load_archive
from container.log import log
from container.model import Model, ModelUnusable
from container.predict.answers import answer
from container.predict.instances import instances
from container.predict.logged import log_lines
from container.rows import Matrix
from container.signature import Signature
from evergreen.contract import Contract
from evergreen.environment import Environment
from evergreen.errors import StoreUnavailable
from evergreen.inference import scored_log
from evergreen.layout import RunLayout
from evergreen.scoring import MOST_EXPLAINED, Refusal, Refused, ScoringRequest, malformed, no_champion

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3.client import S3Client

_MOST_BYTES = 4_000_000  # of a request to a serverless endpoint
_MOST_KEPT = 8  # champions, each of some megabytes: a process may answer for many data sets


class Settings(Environment):
    """Set by the CDK app."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str


@dataclass(frozen=True)
class Champion:
    """A model in use, and the contract that it was trained under."""

    run_id: str
    sha256: str
    model: Model
    contract: Contract


class Champions:
    """The champions of the data sets asked for lately; one that is no longer in use is not used again."""

    def __init__(self, table: "Table", s3: "S3Client", bucket: str) -> None:
        self._table, self._s3, self._bucket = table, s3, bucket
        self.kept: dict[str, Champion] = {}

    def of(self, dataset: str) -> Champion | None:
        """The champion as the registry has it now; nothing while there is none."""
        key = {"pk": f"DATASET#{dataset}", "sk": "CHAMPION"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            self.kept.pop(dataset, None)
            return None
        run_id, known = str(item["run_id"]), self.kept.pop(dataset, None)
        if known is None or known.run_id != run_id:
            known = self._load(dataset, run_id, str(item["model_key"]), str(item.get("model_sha256") or ""))
        self.kept[dataset] = known  # the last one used is the last one to go
        while len(self.kept) > _MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        return known

    def _load(self, dataset: str, run_id: str, model_key: str, sha256: str) -> Champion:
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "model.tar.gz"
            self._s3.download_file(self._bucket, model_key, str(archive))
            stored = load_archive(archive)
        if sha256 and stored.sha256 != sha256:
            raise ModelUnusable(f"{model_key} is damaged: its SHA-256 is not the one it was judged under, {sha256}")
        frozen = self._s3.get_object(Bucket=self._bucket, Key=RunLayout(dataset, run_id).contract_file("dataset.json"))
        contract = Contract.model_validate_json(frozen["Body"].read())
        log("champion loaded", dataset=dataset, champion=run_id, seconds=clock.seconds)
        return Champion(run_id, stored.sha256, stored.model, contract)


settings = Settings.read()
s3: "S3Client" = boto3.client("s3")
champions = Champions(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE), s3, settings.DATA_BUCKET)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"champion": …, "predictions": […]}`, or why not; without a data set, which champions are loaded."""
    if "dataset" not in event:
        return {"loaded": {dataset: each.run_id for dataset, each in champions.kept.items()}}
    request = ScoringRequest.model_validate(event)
    answered = _answer(request)
    return answered.model_dump() if isinstance(answered, Refusal) else answered


def _answer(request: ScoringRequest) -> dict[str, Any] | Refusal:
    if request.explain and len(request.rows) > MOST_EXPLAINED:
        message = f"{len(request.rows):,} rows cannot be explained at once: send at most {MOST_EXPLAINED}"
        return Refusal(refused=Refused.TOO_MANY_ROWS, message=message)
    with _stores_told(request.dataset):
        champion = champions.of(request.dataset)
    if champion is None:
        return no_champion(request.dataset)
    asked = _Asked(request.endpoint, champion.run_id) if request.endpoint else None
    found, faults = answer(
        request.rows,
        champion.model,
        champion.contract,
        champion.run_id,
        prepared=request.prepared,
        explain=request.explain,
        ask=asked.lines if asked else None,
    )
    if faults:
        return malformed(champion.run_id, faults)
    if request.log:
        _log(request, champion, found)
    answered_by = "endpoint" if asked and asked.answered else "function"
    return {"champion": champion.run_id, "predictions": found, "answered_by": answered_by}


@dataclass
class _Asked:
    """A request's way through an endpoint; where that does not answer with the champion, the model here does."""

    endpoint: str
    champion: str
    answered: bool = False

    def lines(self, values: Matrix, signature: Signature) -> list[str] | None:
        """One line for each row."""
        body = instances(values, signature)
        if len(body) > _MOST_BYTES:
            return None
        request = {"ContentType": "application/json", "Accept": "text/csv", "Body": body}
        try:
            answer = runtime().invoke_endpoint(EndpointName=self.endpoint, **request)
            lines = answer["Body"].read().decode().splitlines()
        except (BotoCoreError, ClientError) as error:
            log("endpoint not asked", endpoint=self.endpoint, error=str(error))
            return None
        # Each variant bears its champion's name; while SageMaker exchanges them either may answer.
        self.answered = answer["InvokedProductionVariant"] == self.champion and len(lines) == len(values)
        if not self.answered:
            log("endpoint behind", endpoint=self.endpoint, variant=answer["InvokedProductionVariant"])
        return lines if self.answered else None


@cache
def runtime() -> Any:
    """Made when an endpoint is asked first; who waits for an answer waits for 28 seconds."""
    return boto3.client("sagemaker-runtime", config=Config(read_timeout=15, retries={"total_max_attempts": 1}))


def _log(request: ScoringRequest, champion: Champion, answers: list[dict[str, Any]]) -> None:
    """What cannot be logged is answered all the same."""
    now = datetime.now(UTC)
    lines = log_lines(request.rows, answers, champion.contract, champion.run_id, now)
    if not lines:
        return
    key = scored_log(request.dataset, f"{now:%Y-%m-%d}", uuid.uuid4().hex)
    try:
        s3.put_object(Bucket=settings.DATA_BUCKET, Key=key, Body=lines)
    except (BotoCoreError, ClientError) as error:
        log("inference log not written", key=key, error=str(error))


@contextmanager
def _stores_told(dataset: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise StoreUnavailable(f"the champion of {dataset} could not be read: {error}") from error
