import pytest

from container.prepare.amount import check_enough
from container.prepare.prepared_rows import Counts, Unusable
from evergreen.contract import Contract

ENOUGH = {name: Counts(100, 50, 2) for name in ("train", "validation", "holdout", "scoring")}
EVENTS = {
    "task": "time_to_event",
    "features": "features.sql",
    "target": {"duration": "days", "horizon_days": 9},
    "split": {"by": "cutoffs", "column": "day"},
}
TABLE = {"task": "binary", "target": {"column": "y", "positive": "1"}, "split": {"by": "random"}}


def contract(shape: dict[str, object]) -> Contract:
    columns = {"who": {"type": "text"}, "day": {"type": "timestamp"}, "y": {"type": "integer"}}
    return Contract.model_validate({"id": "made", "entity": "who", "input": {"columns": columns}, **shape})


@pytest.mark.parametrize("shape", [EVENTS, TABLE])
def test_enough_of_everything_is_enough(shape: dict[str, object]) -> None:
    check_enough(ENOUGH, contract(shape))


@pytest.mark.parametrize(
    ("shape", "name", "counts", "words"),
    [
        (TABLE, "train", Counts(49, 20, 2), "only 49 training rows; at least 50 are needed"),
        (TABLE, "holdout", Counts(1, 1, 1), "only 1 hold-out row; at least 50 are needed"),
        (TABLE, "validation", Counts(0, 0, 0), "only 0 validation rows; at least 1 are needed"),
        (TABLE, "holdout", Counts(99, 99, 1), "all 99 hold-out rows have the same target: nothing to tell apart"),
        (EVENTS, "scoring", Counts(0, 0, 0), "only 0 rows to score; at least 1 are needed"),
        (EVENTS, "validation", Counts(9, 0, 0), "of the 9 validation rows none have an event: nothing to tell apart"),
        (EVENTS, "train", Counts(99, 99, 7), "of the 99 training rows all have an event: nothing to tell apart"),
    ],
)
def test_what_there_is_too_little_of_is_named(shape: dict[str, object], name: str, counts: Counts, words: str) -> None:
    with pytest.raises(Unusable) as reason:
        check_enough({**ENOUGH, name: counts}, contract(shape))
    assert str(reason.value).startswith(words)
