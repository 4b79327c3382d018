"""`python -m evergreen.event_schemas`: writes the JSON Schema of each event's detail into `events/`."""

import json
import re
from pathlib import Path
from typing import Any

from evergreen.events_out import EVENTS, EventOut

FOLDER = Path(__file__).resolve().parent.parent / "events"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_file(event: type[EventOut]) -> str:
    """`ChampionPromoted` → `champion-promoted.schema.json`."""
    return re.sub(r"(?<=.)([A-Z])", r"-\1", event.__name__).lower() + ".schema.json"


def schema(event: type[EventOut]) -> dict[str, Any]:
    """What the detail of such an event looks like."""
    described = event.model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, **described, "title": event.__name__}


def main() -> None:
    """Write every schema."""
    for event in EVENTS:
        (FOLDER / schema_file(event)).write_text(json.dumps(schema(event), indent=2) + "\n")


if __name__ == "__main__":
    main()
