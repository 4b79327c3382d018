"""S3: events as EventBridge gets them on AWS, and bucket policies that ask for TLS."""

import json
import threading
import time
import uuid
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3 import notifications
from moto.s3.models import FakeBucket

from local.cloud import Cloud
from local.seams import Seams
from local.service_events import put_service_event

_REASONS = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "Delete": "DeleteObject",
}


class Sequencers:
    """Hexadecimal numbers of one length, each greater than the one before, whatever the clock does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> str:
        """The next number."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return f"{self._last:018X}"


def install(cloud: Cloud) -> None:
    """Replaces moto's S3 events, which carry constant ids, and its evaluation of bucket policies."""
    seams = Seams(cloud)
    sequencers = Sequencers()

    def send_event(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        cause = event_name.rsplit(":", 1)[-1]
        if cause == "Put" and key.multipart:
            return  # moto puts what it completes, and says both
        described = {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), "sequencer": sequencers.next()}
        if bucket.is_versioned:
            described["version-id"] = key.version_id
        detail = {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": described,
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": account_id,
            "source-ip-address": "127.0.0.1",
            "reason": _REASONS.get(cause, cause),
        }
        put_service_event(cloud, "aws.s3", notifications._detail_type(event_name), detail, [bucket.arn])

    seams.replace(notifications, "_send_event_bridge_message", send_event)
    seams.replace(FakeBucket, "get_permission", _permission)


def _permission(bucket: Any, action: str, resource: str) -> Any:
    """What the bucket policy says, without the statements that ask for TLS.

    moto takes a condition it does not know as a denial, so that the usual "deny whatever is not TLS" would deny
    everything. The laptop cloud is reached without TLS, over the loopback interface only.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    rest = [s for s in statements if "aws:SecureTransport" not in json.dumps(s.get("Condition", {}))]
    return IAMPolicy(json.dumps({**policy, "Statement": rest})).is_action_permitted(action, resource)
