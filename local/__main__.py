"""`python -m local up`: the laptop cloud in the foreground."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from local.cloud import Cloud, start
from local.deploy import Outputs, StackFailed, deploy, read_manifest
from local.following import Following, snapshot
from local.image.image import built_image
from local.state import StateDirectory
from local.unfinished import resume

T = TypeVar("T")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        _up(options, stopped)
    except (OSError, ValueError, StackFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The laptop cloud.")
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", help="start the cloud, deploy the application, and stay until interrupted")
    up.add_argument("--port", type=int, default=4566, help="where it listens on 127.0.0.1; 0 takes any free port")
    up.add_argument("--ready-file", type=Path, help="written as JSON when everything is ready")
    what = up.add_mutually_exclusive_group()
    what.add_argument("--assembly", type=Path, default=Path("cdk.out"), help="the synthesized application")
    what.add_argument("--empty", action="store_true", help="deploy nothing: the CDK's own CLI will")
    up.add_argument(
        "--follow", type=Path, metavar="DATASETS", help="deploy anew when a contract in this folder changes"
    )
    up.add_argument("--state-dir", type=Path, help="keep objects and items there from one start to the next")
    up.add_argument("--jobs", choices=("process", "image"), default="process", help="what SageMaker's jobs run in")
    return parser


def _up(options: argparse.Namespace, stopped: threading.Event) -> None:
    if options.empty and options.state_dir:
        raise ValueError("--state-dir restores into what --assembly deploys, so it cannot be combined with --empty")
    if options.empty and options.follow:
        raise ValueError("--follow updates what --assembly deploys, so it cannot be combined with --empty")
    as_deployed = snapshot(options.follow) if options.follow else {}
    if not options.empty:
        read_manifest(options.assembly)  # what is missing is better said before the cloud starts than after
    image = built_image(Path(__file__).resolve().parent.parent) if options.jobs == "image" else None
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)
    work_dir = Path(".evergreen") / f"cloud-{options.port}" if options.port else None
    cloud = _timed("cloud", lambda: start(options.port, work_dir, state_dir=options.state_dir, image=image))
    try:
        outputs: Outputs = {}
        if not options.empty and not stopped.is_set():
            outputs = _timed("deployment", lambda: deploy(cloud, options.assembly))
        if options.state_dir and not stopped.is_set():
            state = StateDirectory(cloud, options.state_dir)
            _timed("restoration", state.restore)
            state.keep_saving()
        if not stopped.is_set():
            cloud.ready()
            _announce(cloud, outputs, options.ready_file)
            for run_id in [each for values in outputs.values() for each in resume(cloud, values)]:
                print(f"{run_id} was in progress when the laptop cloud ended; it starts anew", flush=True)
            if options.follow:
                Following(cloud, options.follow.resolve(), as_deployed).start()
        stopped.wait()
    finally:
        cloud.close()


def _timed(what: str, action: Callable[[], T]) -> T:
    began = time.monotonic()
    result = action()
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
    return result


def _announce(cloud: Cloud, outputs: Outputs, ready_file: Path | None) -> None:
    for stack, values in outputs.items():
        for key, value in values.items():
            print(f"  {stack}.{key} = {value}")
    for name, address in cloud.addresses.items():
        print(f"  {name}: {address}")
    print(f"ready at {cloud.endpoint_url}; to use it from another terminal:\n")
    for name, value in _environment(cloud).items():
        print(f"  export {name}={value}")
    print("\nCtrl-C ends it.", flush=True)
    if ready_file:
        facts = {
            "endpoint_url": cloud.endpoint_url,
            "pid": os.getpid(),
            "outputs": outputs,
            "addresses": cloud.addresses,
        }
        facts["exports"] = _environment(cloud)
        partial = ready_file.with_name(ready_file.name + ".partial")
        partial.write_text(json.dumps(facts, indent=2))
        partial.replace(ready_file)


def _environment(cloud: Cloud) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.region,
    }


if __name__ == "__main__":
    sys.exit(main())
