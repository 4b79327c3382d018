from collections.abc import Iterator

import pytest

from tests.integration.stores.aws import Account, account


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def aws(region: None) -> Iterator[Account]:
    with account() as empty:
        yield empty
