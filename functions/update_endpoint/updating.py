"""One request to UpdateEndpoint: it is moved, the run's record says so, people hear what no run tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from evergreen.contracts import Contracts
from evergreen.endpoint_moves import EndpointRecord, EndpointState
from evergreen.notices import endpoint_notice
from evergreen.stores.endpoint_answers import EndpointAnswers
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.endpoints import Endpoints
from evergreen.stores.files import Files
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.registry import Change, Registry
from evergreen.stores.runs import RunRecords
from functions.update_endpoint.moving import Image, Mover
from functions.update_endpoint.request import Request
from functions.update_endpoint.settings import Settings
from functions.update_endpoint.smoke import Smoke

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PATIENT = Config(read_timeout=70, retries={"total_max_attempts": 3})  # SageMaker lets a model think for 60 seconds


@dataclass(frozen=True)
class Updating:
    """The mover, and those who hear of it."""

    mover: Mover
    runs: RunRecords
    notices: Notices

    @classmethod
    def wired(cls, settings: Settings, table: Table) -> Updating:
        """The endpoints of this deployment."""
        files = Files(boto3.client("s3"), settings.DATA_BUCKET)
        answers = EndpointAnswers(boto3.client("sagemaker-runtime", config=_PATIENT))
        mover = Mover(
            Contracts.deployed(),
            Registry(table),
            EndpointRecords(table),
            Endpoints(boto3.client("sagemaker")),
            Smoke(files, answers),
            Image(settings.IMAGE_URI, settings.MODEL_ROLE_ARN, settings.DATA_BUCKET),
            settings.STACK_NAME,
        )
        return cls(mover, RunRecords(table), Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN))

    def update(self, request: Request, time_left: Callable[[], int]) -> dict[str, Any]:
        """What is known of the endpoint at the end; nothing where there is none."""
        run = self._change(request)
        record = self.mover.move(request.dataset, run, time_left)
        told = record.model_dump(mode="json", exclude_none=True) if record else {}
        if run and record:
            self.runs.note(run.run_id, endpoint=told)
        elif record and record.state is EndpointState.REFUSED:
            self._tell(request.dataset, record)
        return told

    def _change(self, request: Request) -> Change | None:
        if request.run_id is None:
            return None
        return Change(request.dataset, request.run_id, request.fence, replaces=None, at=datetime.now(UTC))

    def _tell(self, dataset: str, record: EndpointRecord) -> None:
        """Outside of a run nobody else would."""
        subject, body = endpoint_notice(dataset, record.sentence)
        identity = f"{record.config}-refused"
        self.notices.send(
            Notice(notification_id=identity, dataset=dataset, kind="ENDPOINT_REFUSED", subject=subject, body=body)
        )
