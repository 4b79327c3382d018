"""Features that know the target too well, and honest ones that do not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from container.evaluate import leaks as module
from container.evaluate.leaks import leaks
from container.rows import LabelledRows
from container.signature import OUTPUTS, Feature, Signature
from evergreen.evaluation import Leak
from evergreen.metrics import Task

RANDOM = np.random.default_rng(21)
ROWS = 2_000
CLASSES = {"binary": ("no", "yes"), "multiclass": ("red", "green", "blue")}
HAPPENED = (RANDOM.random(ROWS) < 0.1).astype(float)
DAYS = np.where(RANDOM.random(ROWS) < 0.5, np.nan, np.floor(RANDOM.random(ROWS) * 90))
AMOUNT = RANDOM.exponential(100, ROWS)
COLOUR = RANDOM.integers(0, 3, ROWS).astype(float)


def found(task: Task, targets: np.ndarray, trusted: Sequence[str] = (), **columns: Any) -> tuple[Leak, ...]:
    """Leaks among columns; those of text are categories."""
    table = pa.table(columns)
    features = tuple(
        Feature(name, "category", tuple(sorted({each for each in table[name].to_pylist() if each is not None})))
        if pa.types.is_string(table[name].type)
        else Feature(name, "integer" if pa.types.is_integer(table[name].type) else "number")
        for name in table.column_names
    )
    signature = Signature("d", task, "who", features, "", "y", OUTPUTS[task], "", CLASSES.get(task, ()), 90)
    return leaks(LabelledRows(table, targets), signature, trusted)


def text(values: Sequence[Any]) -> pa.Array:
    return pa.array([str(each) for each in values])


def noisy(values: np.ndarray, share: float) -> np.ndarray:
    """Another row's value in a share of the rows."""
    return np.where(RANDOM.random(len(values)) < share, RANDOM.permutation(values), values)


LEAKING: dict[str, tuple[Task, np.ndarray, Any]] = {
    "a score": ("binary", HAPPENED, HAPPENED * 3 + RANDOM.random(ROWS)),
    "a score the other way round": ("binary", HAPPENED, -HAPPENED * 3 + RANDOM.random(ROWS)),
    "a value in the midst of others": ("binary", HAPPENED, np.where(HAPPENED == 1, 0.5, RANDOM.random(ROWS) // 0.01)),
    "being there": ("binary", HAPPENED, np.where(HAPPENED == 1, RANDOM.random(ROWS), np.nan)),
    "being missing": ("binary", HAPPENED, np.where(HAPPENED == 1, np.nan, RANDOM.random(ROWS))),
    "a label as text": ("binary", HAPPENED, text(HAPPENED)),
    "a flag of a third of them": ("binary", HAPPENED, ((HAPPENED == 1) & (RANDOM.random(ROWS) < 0.3)).astype(int)),
    "whether it came": ("time_to_event", DAYS, (~np.isnan(DAYS)).astype(int)),
    "after how many days": ("time_to_event", DAYS, np.where(np.isnan(DAYS), RANDOM.random(ROWS) * 90, DAYS)),
    "a number in other units": ("regression", AMOUNT, np.log(AMOUNT) * 7 + 3),
    "a number with gaps": ("regression", AMOUNT, np.where(RANDOM.random(ROWS) < 0.3, np.nan, -AMOUNT)),
    "a class as text": ("multiclass", COLOUR, text(COLOUR)),
    "a class as a number between": ("multiclass", COLOUR, (COLOUR - 1) ** 2 * 5 + COLOUR + RANDOM.random(ROWS) / 9),
}
HONEST: dict[str, tuple[Task, np.ndarray, Any]] = {
    "noise": ("binary", HAPPENED, RANDOM.random(ROWS)),
    "a good score": ("binary", HAPPENED, HAPPENED * 3 + RANDOM.normal(size=ROWS)),  # ROC-AUC 0.98
    "a number of one's own": ("binary", HAPPENED, np.arange(ROWS)),
    "a name of one's own": ("binary", HAPPENED, text(np.arange(ROWS))),
    "text of many values": ("binary", HAPPENED, text(RANDOM.integers(0, 600, ROWS))),
    "a flag that is nearly sure": ("binary", HAPPENED, (noisy(HAPPENED, 0.02) == 1).astype(int)),
    "a flag that clears": ("binary", HAPPENED, ((HAPPENED == 0) & (RANDOM.random(ROWS) < 0.3)).astype(int)),
    "one value": ("binary", HAPPENED, np.ones(ROWS)),
    "no value": ("binary", HAPPENED, np.full(ROWS, np.nan)),
    "days with noise": ("time_to_event", DAYS, np.nan_to_num(DAYS, nan=45) + RANDOM.normal(0, 10, ROWS)),
    "a good number": ("regression", AMOUNT, AMOUNT * np.exp(RANDOM.normal(0, 0.3, ROWS))),
    "an even number": ("regression", AMOUNT, np.ones(ROWS)),
    "mostly the class": ("multiclass", COLOUR, text(noisy(COLOUR, 0.05))),
}


@pytest.mark.parametrize("name", LEAKING)
def test_a_column_that_tells_the_target_alone_is_named(name: str) -> None:
    task, targets, column = LEAKING[name]
    (leak,) = found(task, targets, harmless=RANDOM.random(ROWS), refund=column)
    assert leak.column == "refund"
    told = found(task, targets, trusted=["refund"], harmless=RANDOM.random(ROWS), refund=column)
    assert [(each.column, each.trusted) for each in told] == [("refund", True)]


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_column_is_none(name: str) -> None:
    task, targets, column = HONEST[name]
    assert found(task, targets, refund=column) == ()


def test_a_flag_is_told_by_its_value_and_how_much_it_covers() -> None:
    flag = pa.array(["broken" if here and place % 2 else "fine" for place, here in enumerate(HAPPENED)])
    (leak,) = found("binary", HAPPENED, state=flag)
    rows = int(sum(HAPPENED[1::2]))
    assert leak.reason == (
        f"is 'broken' in {rows} hold-out rows, every one of them 'yes': {rows / HAPPENED.sum():.0%} of those that are"
    )


def test_common_classes_and_small_numbers_of_rows_prove_nothing() -> None:
    often = (RANDOM.random(ROWS) < 0.45).astype(float)
    assert found("binary", often, **{f"c{place}": RANDOM.integers(0, 60, ROWS) for place in range(40)}) == ()
    few = np.zeros(60)
    few[:6] = 1
    assert found("binary", few, flag=few.astype(int)) == ()


@pytest.mark.parametrize("seed", range(3))
def test_many_columns_of_noise_and_few_positives_raise_no_alarm(seed: int) -> None:
    random = np.random.default_rng(seed)
    rare = (random.random(400) < 0.06).astype(float)
    assert found("binary", rare, **{f"c{place}": random.normal(size=400) for place in range(300)}) == ()


def test_of_many_rows_a_sample_that_holds_the_rare_class_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 200)
    (leak,) = found("binary", HAPPENED, refund=HAPPENED + RANDOM.random(ROWS) / 2)
    assert "ROC-AUC 1.000" in leak.reason


def test_hundreds_of_leaks_are_cut_short() -> None:
    assert len(found("binary", HAPPENED, **{f"c{place}": HAPPENED for place in range(80)})) == module.MOST_LEAKS


def test_a_category_that_the_signature_does_not_list_counts_as_missing() -> None:
    table = pa.table({"kind": text(HAPPENED)})
    of = Signature("d", "binary", "who", (Feature("kind", "category", ("0.0",)),), "", "y", OUTPUTS["binary"], "")
    signature = replace(of, classes=CLASSES["binary"])
    assert [leak.column for leak in leaks(LabelledRows(table, HAPPENED), signature, ())] == ["kind"]
