"""`python -m bench.teachers [--seeds N]`: how often two teachers are right about samples, and about how many they say
something, beside one teacher alone that is as sure; on the production line's items, with a drift that the outcomes do
not follow (a sensor that shows more torque than there is), and with labels that have turned random.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from container.fold import Fold
from container.label.agreement import NONE, Agreement, Asked, chosen
from container.label.calibration import Probabilities
from container.label.teacher import train_teachers
from container.rows import Vector
from container.signature import OUTPUTS, Feature, Signature
from evergreen.teachers import Teachers, TeachersReport
from tests.integration.container.observed import FEATURES, real_items

KINDS = ("H", "L", "M")
SIGNATURE = Signature(
    "line_yield",
    "binary",
    "UDI",
    tuple(
        Feature(name, "category" if name == "Type" else "number", KINDS if name == "Type" else ()) for name in FEATURES
    ),
    "h",
    "Machine failure",
    OUTPUTS["binary"],
    "random",
    ("0", "1"),
)
TORQUE = FEATURES.index("Torque [Nm]")
BEFORE, RECENT = 5_000, 2_500  # labelled rows of before, then recent ones with their outcome; the rest are samples
AUDITED = 0.3


@dataclass(frozen=True)
class Found:
    """What came of one draw."""

    report: TeachersReport
    right: float  # of the agreed samples, by outcomes that no teacher has
    failures: tuple[int, int]  # agreed samples that both call a failure, and how many of them are
    alone: tuple[float, float]  # one teacher's share of samples, and how often it is right
    seconds: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.teachers", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    every = _items()
    print("drift           agreed  right   failures  audit   used  one alone: says  right   seconds")
    for name, torque, shuffled in (
        ("none", 1.0, False),
        ("torque +10 %", 1.1, False),
        ("torque +25 %", 1.25, False),
        ("random labels", 1.0, True),
    ):
        found = list(_draws(every, torque, shuffled=shuffled, seeds=options.seeds))
        said, hits = (sum(each.failures[place] for each in found) for place in (0, 1))
        mean = {
            "agreed": np.mean([each.report.agreed_share for each in found]),
            "right": np.mean([each.right for each in found]),
            "audit": np.mean([each.report.precision or 0 for each in found]),
            "says": np.mean([each.alone[0] for each in found]),
            "alone": np.mean([each.alone[1] for each in found]),
            "seconds": np.mean([each.seconds for each in found]),
        }
        used = sum(each.report.used for each in found)
        print(
            f"{name:14} {mean['agreed']:7.1%} {mean['right']:6.1%} {hits:5}/{said:<5} {mean['audit']:6.1%} "
            f"{used:3}/{len(found)} {mean['says']:15.1%} {mean['alone']:7.1%} {mean['seconds']:9.2f}"
        )


def _draws(every: Fold, torque: float, *, shuffled: bool, seeds: int) -> Iterator[Found]:
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        order = random.permutation(len(every.targets))
        before, later = order[:BEFORE], order[BEFORE:]
        values, targets = every.values.copy(), every.targets.copy()
        values[later, TORQUE] *= torque
        if shuffled:
            targets[later] = random.random(len(later)) < 0.5
        moved = Fold(values, targets)
        recent, samples = later[:RECENT], later[RECENT:]
        hidden = random.random(RECENT) < AUDITED
        yield _one(moved, np.concatenate((before, recent[~hidden])), recent[hidden], samples, seed)


def _one(every: Fold, learned: np.ndarray, audit: np.ndarray, samples: np.ndarray, seed: int) -> Found:
    began = time.perf_counter()
    rules = Teachers()
    judging = np.arange(len(learned)) % 5 == 0
    train, validation = _some(every, learned[~judging]), _some(every, learned[judging])
    first, second = train_teachers(train, validation, SIGNATURE, seed)
    said = [teacher(every.values[samples]) for teacher in (first, second)]
    told = Agreement.of(*said, rules.confidence)
    on_audit = Agreement.of(first(every.values[audit]), second(every.values[audit]), rules.confidence)
    asked = Asked(told, on_audit, every.targets[audit])
    _, report = chosen(asked, train.targets, SIGNATURE.classes, rules)
    truth, agreed = every.targets[samples], told.labels != NONE
    positive = told.labels == 1
    return Found(
        report=report,
        right=float((told.labels[agreed] == truth[agreed]).mean()),
        failures=(int(positive.sum()), int(truth[positive].sum())),
        alone=_alone(said[0], truth, rules.confidence),
        seconds=time.perf_counter() - began,
    )


def _alone(said: Probabilities, truth: Vector, confidence: float) -> tuple[float, float]:
    sure = said.max(axis=1) >= confidence
    return float(sure.mean()), float((said.argmax(axis=1)[sure] == truth[sure]).mean())


def _some(every: Fold, places: np.ndarray) -> Fold:
    return Fold(every.values[places], every.targets[places])


def _items() -> Fold:
    rows = real_items()
    values = [[KINDS.index(row[name]) if name == "Type" else float(row[name]) for name in FEATURES] for row in rows]
    targets = [float(row["Machine failure"]) for row in rows]
    return Fold(np.array(values, dtype=np.float32), np.array(targets))


if __name__ == "__main__":
    main()
