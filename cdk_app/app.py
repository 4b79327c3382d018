"""Synthesizes the stack. `make synth` and the pinned CDK CLI both run this file."""

import sys
from pathlib import Path

import aws_cdk as cdk

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cdk_app.stack import EvergreenStack  # noqa: E402  (the CDK CLI runs this file by path)
from evergreen.contract_file import read_datasets  # noqa: E402


def main() -> None:
    """One app, one stack; `-c stack=NAME` names it otherwise, `-c image_digest=sha256:…` takes a pushed image."""
    app = cdk.App()
    name = app.node.try_get_context("stack") or "Evergreen"
    EvergreenStack(app, name, root=ROOT, contracts=read_datasets(ROOT / "datasets"))
    app.synth()


if __name__ == "__main__":
    main()
