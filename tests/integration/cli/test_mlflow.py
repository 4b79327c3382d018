import pytest

from evergreen.cli import mlflow
from evergreen.cli.deployment import Deployment
from evergreen.errors import UserMustAct


@pytest.mark.parametrize("track_run", [None, "arn:aws:lambda:us-east-1:123456789012:function:TrackRun"])
def test_a_deployment_without_mlflow_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch, track_run: str | None
) -> None:
    deployed = Deployment("bucket", "registry", "predictions", "machine", ("next_purchase",), track_run=track_run)
    monkeypatch.setattr(Deployment, "find", lambda: deployed)
    with pytest.raises(UserMustAct, match="-c mlflow=true"):
        mlflow.mlflow()
