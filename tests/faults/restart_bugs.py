"""A bug in how the laptop cloud goes on after a restart, planted by one patch."""

import pytest

from tests.faults import deployment as driven
from tests.faults.bugs import Plant
from tests.faults.cells import CLOUD_KILLED
from tests.faults.deployment import Deployment


def runs_in_progress_forgotten(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    patch.setattr(driven, "unfinished", lambda *_: iter(()))


AFTER_A_RESTART: dict[Plant, tuple[str, str, str]] = {
    runs_in_progress_forgotten: ("TrainChallenger", CLOUD_KILLED, "nobody was told how"),
}
