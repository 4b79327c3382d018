"""A deployment in moto that the command line finds, with a short history."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from evergreen.cli.deployment import Deployment
from evergreen.cli.main import app
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.registry import Change
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, Account, account

DIGEST = "5a" * 32


@dataclass
class Desk:
    """Somebody at a terminal."""

    world: World
    deployment: Deployment

    @property
    def aws(self) -> Account:
        return self.world.aws

    def evergreen(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    def refused(self, *arguments: str) -> str:
        """What a command that does nothing says."""
        result = self.evergreen(*arguments)
        assert result.exit_code == 1, result.output
        return str(result.exception)

    def said(self, *arguments: str) -> str:
        result = self.evergreen(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def take(self) -> Lease:
        """The lease of a run that begins now."""
        leases = Leases(self.aws.registry, timedelta(hours=7))
        lease = leases.take(DATASET, [f"a{leases.last_fence(DATASET)}"], datetime.now(UTC))
        assert lease
        self.deployment.runs.create(lease.run_id, status="RUNNING", fence=lease.fence)
        return lease

    def champion(self) -> str:
        """A whole run whose challenger becomes champion and whose predictions are published."""
        lease = self.take()
        registry, key = self.deployment.registry, f"runs/{DATASET}/{lease.run_id}/model.tar.gz"
        self.aws.put(key, "a model")
        before = registry.champion(DATASET)
        model = {"model_uri": f"s3://{BUCKET}/{key}", "model_key": key, "metric": "mae", "metrics": {"mae": 18.9}}
        known = {"outcome": "PROMOTE", "model_sha256": DIGEST}
        registry.promote(self._change(lease, before), model | known, ("better",))
        self._publish(lease, lease.run_id)
        return lease.run_id

    def kept(self) -> str:
        """A whole run whose challenger lost; the champion scored."""
        champion = self.deployment.registry.champion(DATASET)
        assert champion
        lease = self.take()
        self._publish(lease, champion["run_id"])
        return lease.run_id

    def _publish(self, lease: Lease, champion: str) -> None:
        rows = [{"entity": str(number), "prediction": lease.fence, "model": champion} for number in range(1, 4)]
        self.aws.loader.load(DATASET, lease.run_id, rows, workers=1)
        seen = self.deployment.registry.published(DATASET)
        published = {"rows": 3, "champion": champion, "sample": "1", "segments": {"at_risk": 2, "rest": 1}}
        self.deployment.registry.publish(self._change(lease, seen), published)
        self.deployment.runs.note(lease.run_id, status="SUCCEEDED")
        self.deployment.leases.release(DATASET, lease.run_id)

    def _change(self, lease: Lease, before: dict[str, Any] | None) -> Change:
        return Change(DATASET, lease.run_id, lease.fence, before["run_id"] if before else None, datetime.now(UTC))

    def read(self) -> dict[str, Any]:
        """What a reader sees."""
        published = self.deployment.registry.published(DATASET)
        assert published
        found = self.deployment.predictions.get(DATASET, "1", published["generation"])
        assert found
        return found


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with account() as aws:
        world = World.of(aws)
        deployment = Deployment(
            BUCKET, "registry", "predictions", world.machine_arn, (DATASET,), notices_topic_arn=aws.topic_arn
        )
        monkeypatch.setattr(Deployment, "find", lambda: deployment)
        yield Desk(world, deployment)


@pytest.fixture
def with_followers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Lets the stack have a function that tells the followers, which does what is given when it is invoked."""

    def deploy(function: Any) -> None:
        monkeypatch.setattr(Deployment, "find", lambda: replace(desk.deployment, track_run="track-run"))
        monkeypatch.setattr(boto3, "client", _instead_of_lambda(function, boto3.client))

    return deploy


def _instead_of_lambda(function: Any, client: Any) -> Any:
    class Lambda:
        def invoke(self, **asked: Any) -> Any:
            return function(**asked)

    return lambda service, *others, **more: Lambda() if service == "lambda" else client(service, *others, **more)
