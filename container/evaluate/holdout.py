"""The frozen hold-out and the rules that a fair comparison needs."""

from datetime import date, datetime
from typing import Any

import numpy as np

from container.learned_rows import LearnedRows, row_hashes
from container.rows import LabelledRows
from container.signature import ROW_NUMBER, Signature
from container.tasks import TASKS
from container.tasks.labels import happened

LEAST_ROWS = 5  # of either class: with 2 or 3, draws from them vary so little that one equal model in 20 would win
LOOK_ALIKE = 0.01  # share of rows without an entity that may look like others once their text is made plain


class HoldoutUnfit(ValueError):
    """A model has seen the hold-out; says how that is known."""


def unjudgeable(rows: LabelledRows, signature: Signature) -> str | None:
    """Why these rows cannot tell one model from another, or None."""
    if not len(rows.targets):
        return "it is empty, so there is nothing to judge a model by."
    reason = TASKS[signature.task].unfit(rows.targets, signature)
    if reason:
        return f"{reason}."
    hits = happened(rows.targets, signature.task)
    few = len(rows.targets) if hits is None else int(min(hits.sum(), (~hits).sum()))
    if few >= LEAST_ROWS:
        return None
    rare = f" of {len(rows.targets):,} rows differ from the rest in {signature.target!r}"
    return (
        f"only {few}{' rows are there' if hits is None else rare}, and {LEAST_ROWS} are the fewest that tell anything."
    )


def seen_in_training(
    training: dict[str, Any], learned: LearnedRows | None, rows: LabelledRows, signature: Signature
) -> str | None:
    """Why the hold-out is not unseen by a model, or None.

    Both must have been split by one rule, under which a draw is the same in every run; where there is time, the
    model's labels must end before the hold-out begins; and no row may be one that the model has learned from.
    """
    if training.get("split") != signature.split:
        return (
            f"its rows were split by another rule ({training.get('split')}) than the hold-out's ({signature.split}), "
            "so it may have been trained on hold-out rows"
        )
    return _late_labels(training, rows) or _learned_from(learned, rows, signature)


def _late_labels(training: dict[str, Any], rows: LabelledRows) -> str | None:
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


def _learned_from(learned: LearnedRows | None, rows: LabelledRows, signature: Signature) -> str | None:
    """By the rows' hashes; models older than those are judged by the other rules alone."""
    if learned is None:
        return None
    seen = learned.among(row_hashes(rows, signature))
    count, without_entity = int(seen.sum()), signature.entity == ROW_NUMBER
    if not count or (without_entity and count <= LOOK_ALIKE * len(seen)):
        return None
    example = rows.table.column(signature.entity)[int(np.flatnonzero(seen)[0])].as_py()
    name = "row number" if without_entity else signature.entity
    at_least = "at least " if learned.bits else ""
    return f"it has learned from {at_least}{count:,} of the {len(seen):,} hold-out rows, such as {name} {example}"
