"""How the image is run, whatever runs it."""

from pathlib import Path

import pytest

from local.image.engine import HARDENED, Engine, NoEngine, find_engine


def pretend(folder: Path, name: str, exit_code: int) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)


def test_the_first_that_works_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    pretend(tmp_path, "docker", 1)  # installed, and its daemon does not run
    with pytest.raises(NoEngine, match=r"docker, finch, podman, buildah.*docker info"):
        find_engine()
    pretend(tmp_path, "buildah", 0)
    assert find_engine() == Engine("buildah")
    pretend(tmp_path, "podman", 0)
    assert find_engine() == Engine("podman")


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_container_has_no_network_and_nothing_it_does_not_need(name: str) -> None:
    engine = Engine(name)
    command = engine.run_command("evergreen:abc", ["train"], mounts={Path("/a"): "/opt/ml"}, env={"A": "b c"})
    options = command[: command.index("evergreen:abc")]
    assert {"--network=none", "--volume=/a:/opt/ml", "--env=A=b c", *HARDENED} <= set(options)
    assert command[-2:] == ["evergreen:abc", "train"]
