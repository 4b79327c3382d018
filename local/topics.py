"""SNS: what is published is said in the terminal too, since nobody on a laptop reads a topic."""

from typing import Any

from moto.sns.models import Topic

from local.cloud import Cloud
from local.seams import Seams


def install(cloud: Cloud) -> None:
    """Has each notice printed as it is sent."""
    seams = Seams(cloud)

    def publish(topic: Any, message: str, subject: str | None = None, *args: Any, **kwargs: Any) -> Any:
        print(f"\nnotice on {topic.name}: {subject or ''}\n{message}", flush=True)
        return original(topic, message, subject, *args, **kwargs)

    original = seams.replace(Topic, "publish", publish)
