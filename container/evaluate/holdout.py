"""The frozen hold-out and the rules that a fair comparison needs."""

from datetime import date
from pathlib import Path
from typing import Any

from container.rows import LabelledRows
from container.signature import Signature


class HoldoutUnfit(ValueError):
    """The hold-out cannot decide anything; says why."""


def read_holdout(folder: Path, signature: Signature) -> LabelledRows:
    """Read the hold-out; an empty one, or one where all or none have the event, is refused."""
    rows = LabelledRows.read(folder / "holdout.parquet", signature)
    if not rows.table.num_rows:
        raise HoldoutUnfit("the hold-out is empty: there is nothing to judge a model by")
    if rows.events.all() or not rows.events.any():
        share = "all" if rows.events.all() else "none"
        raise HoldoutUnfit(f"{share} of the {rows.table.num_rows} hold-out rows have an event: nothing to tell apart")
    return rows


def seen_in_training(training: dict[str, Any], rows: LabelledRows) -> str | None:
    """Why the hold-out is not unseen by a model, or None; its labels must end where the hold-out begins."""
    if "labels_until" not in training:
        return "its training.json does not say until when its labels reach"
    until, first = date.fromisoformat(training["labels_until"]), rows.cutoffs[0]
    if until > first:
        return f"it was trained on labels up to {until}, but the hold-out begins at {first}"
    return None
