import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from evergreen.errors import StoreUnavailable
from evergreen.stores.faults import store_faults


def error(code: str, *, status: int = 400, reasons: tuple[str, ...] = ()) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        },
        "TransactWriteItems",
    )


def raised(fault: Exception) -> Exception:
    with pytest.raises((StoreUnavailable, ClientError)) as caught, store_faults("try it"):
        raise fault
    return caught.value


@pytest.mark.parametrize(
    "fault",
    [
        error("SlowDown", status=503),
        error("ProvisionedThroughputExceededException"),
        error("Unheard", status=500),
        error("TransactionCanceledException", reasons=("None", "TransactionConflict", "None")),
        error("TransactionCanceledException", reasons=("ThrottlingError",)),
        EndpointConnectionError(endpoint_url="https://dynamodb.test"),
    ],
)
def test_what_may_pass_by_itself_says_what_was_being_done(fault: Exception) -> None:
    seen = raised(fault)
    assert isinstance(seen, StoreUnavailable)
    assert str(seen).startswith("try it: ")


@pytest.mark.parametrize(
    "fault",
    [
        error("AccessDeniedException"),
        error("ConditionalCheckFailedException"),
        error("TransactionCanceledException", reasons=("ConditionalCheckFailed", "None")),
        error("TransactionCanceledException", reasons=("ConditionalCheckFailed", "TransactionConflict")),
        error("TransactionCanceledException"),
    ],
)
def test_what_will_not_pass_is_left_as_it_is(fault: ClientError) -> None:
    assert raised(fault) is fault


def test_an_error_of_our_own_is_left_as_it_is() -> None:
    with pytest.raises(KeyError), store_faults("try it"):
        raise KeyError("mine")
