"""Whether what answers now answers as it was judged, and as the batch answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from evergreen.metrics import Task
from evergreen.strict import Strict

_SAME = 1.5e-4  # of probabilities, which are kept with four digits


class GoldenRows(Strict):
    """Rows of the hold-out as they were prepared, and what became of them."""

    task: Task
    target: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    actual: tuple[float | str | None, ...]  # None: no event came


@dataclass(frozen=True)
class Agreement:
    """How many answers are the batch's own, and the first that is not."""

    same: int
    of: int
    example: str | None = None

    def sentence(self) -> str:
        """In words."""
        if not self.of:
            return "Nothing to compare with the batch."
        share = f"{self.same:,} of {self.of:,} answers are the published batch predictions'"
        return f"{share}." if self.same == self.of else f"{share}; not so: {self.example}"


def agreement(entities: Sequence[str], now: Sequence[dict[str, Any]], batch: dict[str, dict[str, Any]]) -> Agreement:
    """Compare answers with the items that readers see."""
    same, example, compared = 0, None, 0
    for entity, answer in zip(entities, now, strict=True):
        published = batch.get(entity)
        if published is None:
            continue
        compared += 1
        if _equal(answer, published):
            same += 1
        else:
            example = example or f"{entity} is {_shown(answer)} now and {_shown(published)} in the batch"
    return Agreement(same, compared, example)


def figures(golden: GoldenRows, answers: Sequence[dict[str, Any]]) -> list[str]:
    """How near the answers are to what happened, in sentences."""
    pairs = list(zip(golden.actual, answers, strict=True))
    if golden.task in ("binary", "multiclass"):
        right = sum(actual == answer["prediction"] for actual, answer in pairs)
        said = [f"{right:,} of {len(pairs):,} golden rows are told right ({right / len(pairs):.1%})."]
        return said + (_of_positives(golden, pairs) if golden.task == "binary" else [])
    known = [(float(actual), float(answer["prediction"])) for actual, answer in pairs if actual is not None]
    if not known:
        return [f"no golden row has a value of {golden.target}."]
    errors = [abs(actual - predicted) for actual, predicted in known]
    name = f"{golden.target} of {len(known):,} golden rows"
    said = [f"{name}: off by {mean(errors):.3g} on average, by {median(errors):.3g} in the middle."]
    if golden.task == "time_to_event":
        came, stayed = (
            [float(answer["probability"]) for actual, answer in pairs if (actual is not None) is happened]
            for happened in (True, False)
        )
        if came and stayed:
            where = f"{mean(came):.3f} on average where it came, {mean(stayed):.3f} where it did not"
            said.append(f"probability of the event: {where}.")
    return said


def _of_positives(golden: GoldenRows, pairs: Sequence[tuple[Any, dict[str, Any]]]) -> list[str]:
    positive = golden.classes[1]
    told = sum(answer["prediction"] == positive for _, answer in pairs)
    hits = sum(actual == answer["prediction"] == positive for actual, answer in pairs)
    happened = sum(actual == positive for actual, _ in pairs)
    return [f"{golden.target} = {positive}: {happened:,} are, {told:,} are told to be, {hits:,} of these rightly."]


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if isinstance(one["prediction"], str) or isinstance(other["prediction"], str):
        same = str(one["prediction"]) == str(other["prediction"])
    else:
        size = max(abs(one["prediction"]), abs(other["prediction"]), 1e-9)
        same = abs(one["prediction"] - other["prediction"]) <= 1e-5 * size
    return same and abs(one.get("probability", 0) - other.get("probability", 0)) <= _SAME


def _shown(answer: dict[str, Any]) -> str:
    probability = f" ({answer['probability']})" if "probability" in answer else ""
    return f"{answer['prediction']}{probability}"
