import subprocess
from pathlib import Path

import pytest

from cdk_app.commit import UNKNOWN, commit_of


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.com")
    git(tmp_path, "init", "--quiet")
    (tmp_path / "functions").mkdir()
    write(tmp_path, "functions/a.py", "one")
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def write(root: Path, name: str, content: str) -> str:
    (root / name).write_text(content)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", content)
    return git(root, "rev-parse", "HEAD")


def test_it_is_the_last_commit_that_changed_what_is_deployed(checkout: Path) -> None:
    changed = write(checkout, "functions/a.py", "two")
    write(checkout, "README.md", "of no account")
    assert commit_of(checkout) == changed


@pytest.mark.parametrize("name", ["functions/a.py", "functions/new.py", "cdk.json"])
def test_what_is_not_committed_is_said(checkout: Path, name: str) -> None:
    (checkout / name).write_text("three")
    assert commit_of(checkout) == git(checkout, "rev-parse", "HEAD") + "-dirty"


def test_outside_git_it_is_unknown_and_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path) == UNKNOWN


def test_without_git_it_is_unknown_and_nothing_fails(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit_of(checkout) == UNKNOWN


def test_a_copy_inside_another_repository_is_unknown(checkout: Path) -> None:
    (checkout / "copies" / "functions").mkdir(parents=True)
    (checkout / "copies" / "functions" / "a.py").write_text("one")
    assert commit_of(checkout / "copies") == UNKNOWN
