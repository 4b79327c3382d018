"""Events that AWS services themselves put on the default bus."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.events.models import events_backends

from local.cloud import Cloud


def put_service_event(
    cloud: Cloud, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
) -> None:
    """Delivers an event of an AWS service (source `aws.*`) through the rules of the default bus.

    PutEvents would refuse such a source, as on AWS.
    """
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": cloud.account,
        "time": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": cloud.region,
        "resources": list(resources),
        "detail": dict(detail),
    }
    bus = events_backends[cloud.account][cloud.region].event_buses["default"]
    for rule in list(bus.rules.values()):
        rule.send_to_targets(event)
