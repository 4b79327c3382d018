"""What was scored, as an inference log: later outcomes of the same items tell how good it was."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from container.predict.given import Row, fields_of
from evergreen.contract import Contract
from evergreen.inference import logged_columns


def log_lines(
    rows: Sequence[Row], answers: Sequence[dict[str, Any]], contract: Contract, run_id: str, at: datetime
) -> bytes:
    """JSON lines of the rows that say whom or what they are about; nothing where none does."""
    lines = _documents(rows, answers, contract, {"time": at.isoformat(), "model": run_id})
    return "".join(f"{json.dumps(each)}\n" for each in lines).encode()


def _documents(
    rows: Sequence[Row], answers: Sequence[dict[str, Any]], contract: Contract, shared: dict[str, str]
) -> Iterator[dict[str, Any]]:
    entity, columns = contract.entity, contract.input.columns
    for row, answer in zip(rows, answers, strict=True):
        fields = fields_of(row, columns)
        item = row.get(fields.get(entity, "")) if entity else None
        if item is None or item == "":
            continue
        taken = {name: row[fields[name]] for name in logged_columns(contract) if name in fields}
        told: dict[str, Any] = {name: answer[name] for name in ("prediction", "confidence") if name in answer}
        yield {"item_id": str(item), **shared, **told, **taken}
