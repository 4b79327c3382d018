"""For every test: the collector looks for cycles seldom, since what moto and botocore hold is much and stays; and the
files that share a cloud or a deployment are given to the same worker."""

import gc

import pytest
from xdist.scheduler import LoadFileScheduling

gc.set_threshold(100_000, 50, 100)
SHARING = ("tests/e2e/one_cloud/", "tests/faults/")


class LoadFilesOrFolders(LoadFileScheduling):  # type: ignore[misc]
    """Gives out files, and folders whole where they share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in SHARING if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFilesOrFolders | None:
    """What `--dist loadfile` means here."""
    return LoadFilesOrFolders(config, log) if config.getvalue("dist") == "loadfile" else None
