"""The frozen hold-out and the rules that a fair comparison needs."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from container.rows import LabelledRows
from container.signature import Signature
from container.tasks import TASKS


class HoldoutUnfit(ValueError):
    """The hold-out cannot decide anything; says why."""


def read_holdout(folder: Path, signature: Signature) -> LabelledRows:
    """Read the hold-out; an empty one, or one that holds nothing to tell apart, is refused."""
    rows = LabelledRows.read(folder / "holdout.parquet", signature)
    if not len(rows.targets):
        raise HoldoutUnfit("the hold-out is empty: there is nothing to judge a model by")
    reason = TASKS[signature.task].unfit(rows.targets, signature)
    if reason:
        raise HoldoutUnfit(f"the hold-out decides nothing: {reason}")
    return rows


def seen_in_training(training: dict[str, Any], rows: LabelledRows, signature: Signature) -> str | None:
    """Why the hold-out is not unseen by a model, or None.

    Both must have been split by one rule, under which a draw is the same in every run; and where there is time, the
    model's labels must end before the hold-out begins.
    """
    if training.get("split") != signature.split:
        return (
            f"its rows were split by another rule ({training.get('split')}) than the hold-out's ({signature.split}), "
            "so it may have been trained on hold-out rows"
        )
    if rows.span is None:
        return None
    if "labels_until" not in training:
        return "its training.json does not say until when its labels reach"
    first = rows.span[0]
    if isinstance(first, datetime):
        until: date = datetime.fromisoformat(training["labels_until"])
        late = until >= first  # rows of one moment are kept together
    else:
        until = date.fromisoformat(training["labels_until"])
        late = until > first
    return f"it was trained on labels up to {until}, but the hold-out begins at {first}" if late else None
