"""`python -m local.image.build`, behind `make image`: the image, its bill of materials and its size."""

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

from local.image.bill_of_materials import INVENTORY, Inventory, bill_of_materials
from local.image.context import staged, tag_of, wheelhouse
from local.image.engine import Engine, EngineFailed, NoEngine, find_engine

ROOT = Path(__file__).resolve().parents[2]
BILL = Path("build/image.cdx.json")
LARGEST = 8  # packages whose size is shown


def build(engine: Engine, tag: str, base: str | None) -> None:
    """Build it from a folder that holds nothing else, and name it twice: by its content, and as the newest."""
    labels = {"version": version(), "revision": commit()}
    command = [engine.name, "bud" if engine.name == "buildah" else "build", "--file=container/Dockerfile"]
    command += [f"--label=org.opencontainers.image.{name}={value}" for name, value in labels.items()]
    command += [f"--build-arg=BASE_IMAGE={base}"] if base else []
    command += [f"--tag={tag}", "--tag=evergreen:latest", *_options(engine)]
    with staged(ROOT) as context:
        # Attestations would make an image index of it, which neither SageMaker nor Lambda takes.
        environment = os.environ | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        subprocess.run([*command, "."], cwd=context, env=environment, check=True)


def _options(engine: Engine) -> list[str]:
    offline = wheelhouse(ROOT).is_dir()
    if engine.name in ("docker", "finch"):
        return ["--platform=linux/amd64", *(["--network=none"] if offline else [])]
    # SageMaker refuses OCI manifests. Of networks, the machine's own, which needs no bridge and no firewall rule.
    network = "none" if offline and engine.name == "podman" else "host"
    isolation = ["--isolation=chroot"] if engine.name == "buildah" else []
    return ["--format=docker", "--layers", f"--network={network}", *isolation]


def version() -> str:
    """Evergreen's own version."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def commit() -> str:
    """The commit that is checked out, marked when the program differs from it; unknown without git."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--", "container", "evergreen")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-changed" if changed else head


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def main(given: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.image.build",
        description="Build the image, list what is in it in build/image.cdx.json, and say its size.",
        epilog="Examples: make image; make image ARGS='--base localhost/my-python:3.13'",
    )
    parser.add_argument("--base", help="the base image, with Python 3.13; the Dockerfile's own if not given")
    options = parser.parse_args(given)
    began, tag = time.monotonic(), tag_of(ROOT)
    try:
        engine = find_engine()
        print(f"Building {tag} with {engine.name} …", flush=True)
        build(engine, tag, options.base)
        inventory: Inventory = json.loads(engine.inside(tag, INVENTORY))
    except (NoEngine, EngineFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: the image was not built: {engine.name} ended with exit code {error.returncode}", file=sys.stderr)
        return 1
    path = ROOT / BILL
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(bill_of_materials(inventory, tag, version()), indent=2) + "\n")
    print(f"\n{tag}, also evergreen:latest, after {time.monotonic() - began:.0f} s: {_size(engine, tag, inventory)}")
    print(f"Its {len(inventory['packages'])} Python packages and the base's are listed in {BILL}.")
    return 0


def _size(engine: Engine, tag: str, inventory: Inventory) -> str:
    sizes: Counter[str] = Counter()
    for name, size in inventory["sizes"].items():
        sizes[name.partition(".")[0].lstrip("_")] += size  # scipy and scipy.libs are one
    parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sizes.most_common(LARGEST))
    return f"{engine.size(tag)} uncompressed, of which packages {sizes.total() / 1e6:.0f} ({parts}, …)"


if __name__ == "__main__":
    sys.exit(main())
