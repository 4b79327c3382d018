"""Turning what botocore raises into Evergreen's own facts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.errors import StoreUnavailable

_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
        "TooManyRequestsException",
    }
)


def code_of(error: ClientError) -> str:
    """The service's error code."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def store_faults(doing: str) -> Iterator[None]:
    """Raise StoreUnavailable for what may pass by itself; let everything else through as it is."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code_of(error) in _TRANSIENT or status >= 500 or _transaction_may_pass(error):
            raise StoreUnavailable(f"{doing}: {error}") from error
        raise
    except BotoCoreError as error:
        raise StoreUnavailable(f"{doing}: {error}") from error


def took_effect(doing: str, write: Callable[[], object]) -> bool:
    """Do a conditional write of one item; False when its condition does not hold. Raises StoreUnavailable."""
    try:
        with store_faults(doing):
            write()
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _transaction_may_pass(error: ClientError) -> bool:
    """Whether a cancelled transaction met only contention or throttling, and no failed condition."""
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])} - {"None", None}
    passing = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
    return bool(reasons) and reasons <= passing
