"""Why S3 will not give an object that it has, in words for its owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from evergreen.errors import ObjectUnreadable
from evergreen.stores.faults import code_of

_ARCHIVED = "it is archived; restore it (aws s3api restore-object)"
_OWN_KEY = "it is encrypted with a key that only its owner has (SSE-C); copy it over itself without one"
_KMS = "its KMS key is disabled or deleted; enable the key, or copy the object over itself with another"
_DENIED = (
    "Evergreen's roles may not read it; let them use its KMS key (kms:Decrypt), or mend the policy that denies it, or "
    "copy it over itself with the bucket's own encryption"
)
_REASONS = {
    "InvalidObjectState": _ARCHIVED,
    "ObjectNotInActiveTierError": _ARCHIVED,
    "InvalidRequest": _OWN_KEY,  # our own request is always the same, so it is the object that asks for more
    "AccessDenied": _DENIED,
}


@contextmanager
def refusals(bucket: str, key: str) -> Iterator[None]:
    """Raise ObjectUnreadable for what trying again cannot mend, and only the object's owner can."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        reason = _KMS if code.startswith("KMS.") else _REASONS.get(code)
        if reason is None:
            raise
        raise ObjectUnreadable(f"S3 does not give s3://{bucket}/{key} ({code}): {reason}") from error
