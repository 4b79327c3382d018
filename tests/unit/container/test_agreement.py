"""Which samples may be learned from: where both teachers agree and are right often enough, class by class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.label.agreement import LEAST_AUDITED, NONE, Agreement, Asked, chosen
from container.label.calibration import Calibration
from evergreen.teachers import Teachers

CLASSES = ("good", "bad")
RULES = Teachers(confidence=0.7, max_share=0.5, min_agreement=0.8)


def told(labels: list[int], *, sure: float = 0.9) -> Agreement:
    found = np.array(labels, dtype=np.intp)
    return Agreement(found, (np.full(len(found), sure), np.full(len(found), sure)))


def asked(samples: list[int], audit: list[int], truth: list[int]) -> Asked:
    return Asked(told(samples), told(audit), np.array(truth, dtype=np.float64))


def training(good: int, bad: int) -> np.ndarray:
    return np.array([0.0] * good + [1.0] * bad)


def test_both_must_name_one_class_and_each_must_be_sure() -> None:
    first = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.1, 0.9]])
    second = np.array([[0.8, 0.2], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]])
    assert Agreement.of(first, second, 0.7).labels.tolist() == [0, NONE, NONE, 1]


def test_no_sample_is_no_fault() -> None:
    none = np.empty((0, 2))
    assert Agreement.of(none, none, 0.7).labels.tolist() == []


def test_of_too_many_the_first_are_taken_and_of_each_class_its_own_share() -> None:
    samples = [1, 0, 1, 0, 1, 0, 0, 0]
    places, report = chosen(asked(samples, [0] * 6 + [1] * 6, [0] * 6 + [1] * 6), training(6, 2), CLASSES, RULES)
    assert places.tolist() == [0, 1, 3, 5]
    assert {name: each.labelled for name, each in report.classes.items()} == {"good": 3, "bad": 1}


def test_a_class_that_is_wrong_too_often_is_left_out_alone() -> None:
    audit, truth = [0] * 20 + [1] * 6, [0] * 20 + [1] * 3 + [0] * 3
    places, report = chosen(asked([0, 1, 0, 1], audit, truth), training(10, 10), CLASSES, RULES)
    assert places.tolist() == [0, 2]
    assert report.classes["bad"].precision == 0.5
    assert "left out" in report.reason
    assert "'bad'" in report.reason


def test_below_the_floor_nothing_is_learned_from_and_the_report_says_so() -> None:
    audit, truth = [0] * 20, [0] * 12 + [1] * 8
    places, report = chosen(asked([0, 1, 0, 1], audit, truth), training(10, 10), CLASSES, RULES)
    assert (places.tolist(), report.used, report.precision) == ([], False, 0.6)
    assert report.sentence() == (
        "the teachers agree on 4 of 4 samples (100%), right in 60.0% of 20 audited items; "
        "none is learned from: they must be right in 80%"
    )


@pytest.mark.parametrize("audited", [0, LEAST_AUDITED - 1])
def test_without_outcomes_to_be_measured_by_nothing_is_learned_from(audited: int) -> None:
    places, report = chosen(asked([0, 0], [0] * audited, [0] * audited), training(9, 9), CLASSES, RULES)
    assert (len(places), report.used) == (0, False)
    assert f"only {audited} recent items" in report.reason


@given(
    samples=st.lists(st.sampled_from([NONE, 0, 1]), max_size=60),
    audit=st.lists(st.tuples(st.sampled_from([NONE, 0, 1]), st.sampled_from([0, 1])), max_size=60),
    good=st.integers(0, 40),
    bad=st.integers(0, 40),
    share=st.floats(0.01, 1),
)
def test_whatever_the_teachers_say_no_class_outgrows_its_share(
    samples: list[int], audit: list[tuple[int, int]], good: int, bad: int, share: float
) -> None:
    rules = RULES.model_copy(update={"max_share": share})
    said, truth = [one for one, _ in audit], [other for _, other in audit]
    places, report = chosen(asked(samples, said, truth), training(good, bad), CLASSES, rules)
    labels = np.array(samples)[places] if len(places) else np.empty(0)
    assert NONE not in labels
    for label, rows in ((0, good), (1, bad)):
        assert (labels == label).sum() <= share * rows
    assert report.labelled == len(places) <= share * (good + bad)
    if report.used:
        assert report.precision is not None
        assert report.precision >= rules.min_agreement


def test_calibration_takes_back_what_is_too_sure() -> None:
    random = np.random.default_rng(1)
    truth = (random.random(4000) < 0.3).astype(float)
    signal = np.where(truth == 1, 1.0, -1.0) + random.normal(0, 2, 4000)
    honest = 1 / (1 + np.exp(-(signal / 2 + np.log(0.3 / 0.7))))
    too_sure = 1 / (1 + np.exp(-4 * np.log(honest / (1 - honest))))
    found = Calibration.of(np.stack((1 - too_sure, too_sure), axis=1), truth)(
        np.stack((1 - too_sure, too_sure), axis=1)
    )[:, 1]
    sure = found >= 0.7
    assert sure.sum() > 50
    assert abs(found[sure].mean() - truth[sure].mean()) < 0.06
