"""What the image is built from, and what it is named by."""

from pathlib import Path

import pytest

from local.image.context import LOCK, staged, tag_of, wheelhouse


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("container/Dockerfile", LOCK, "container/train/command.py", "evergreen/runs.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_other_sources_are_another_image(root: Path) -> None:
    before = tag_of(root)
    (root / "evergreen" / "runs.py").write_text("changed")
    changed = tag_of(root)
    (root / "evergreen" / "more.py").write_text("")
    assert len({before, changed, tag_of(root)}) == 3


def test_what_the_dockerfile_does_not_copy_changes_nothing(root: Path) -> None:
    before = tag_of(root)
    for name in ("evergreen/cli/up.py", "container/__pycache__/x.pyc", "container/wheels/a.whl", "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("anything")
    assert tag_of(root) == before


def test_the_build_sees_the_sources_and_the_wheels_of_this_very_lock_file(root: Path) -> None:
    old = wheelhouse(root)
    old.mkdir(parents=True)
    (root / LOCK).write_text("another")
    with staged(root) as folder:
        assert files(folder) == {"container/Dockerfile", LOCK, "container/train/command.py", "evergreen/runs.py"}
    wheelhouse(root).mkdir()
    (wheelhouse(root) / "numpy.whl").write_text("wheel")
    with staged(root) as folder:
        assert "wheels/numpy.whl" in files(folder)
