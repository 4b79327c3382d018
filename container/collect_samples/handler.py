"""CollectSamples, as Lambda runs it."""

from typing import Any

from container.collect_samples.command import run
from container.small_data import work_on_files


def handler(event: dict[str, Any], context: object) -> None:
    """Bring observed items here, make outcomes and samples of them, take both to S3."""
    work_on_files(event, run)
