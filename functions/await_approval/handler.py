"""AwaitApproval: asks people whether the challenger that won shall become champion; the workflow waits for them."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.approval import AWAITING_APPROVAL, approval_notice, request_until
from evergreen.stores.approvals import Approvals
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.runs import RunRecords
from functions.await_approval.request import Request
from functions.await_approval.settings import Settings

settings = Settings.read()
logger = Logger()
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
approvals, runs = Approvals(table), RunRecords(table)
notices = Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Writes the token down, then asks; another attempt has a token of its own, and asks again only if need be."""
    run, now = Request.model_validate(event), datetime.now(UTC)
    request = request_until(run.token, run.seconds, now)
    approvals.ask(run.run_id, request)
    record = runs.get(run.run_id) or {}
    if "approval_asked_at" in record:
        return
    subject, body = approval_notice(run.run_id, record.get("verdict", {}), run.report, request)
    notification_id = f"{run.run_id}-approval"
    kind = AWAITING_APPROVAL
    notices.send(Notice(notification_id=notification_id, dataset=run.dataset, kind=kind, subject=subject, body=body))
    runs.note(run.run_id, approval_asked_at=now.isoformat())
