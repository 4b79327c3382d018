"""A simulated production line: real rows in their order, measured as the drifts have it, scored, logged."""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evergreen.contract import Contract
from evergreen.drifts import Drift, Row, label_of
from evergreen.errors import UserMustAct
from evergreen.inference import logged_columns


@dataclass(frozen=True)
class Item:
    """One item: as it was measured, and what becomes of it."""

    item_id: str
    measured: Row  # the contract's columns but the target
    outcome: str  # "" where the file does not say it


@dataclass(frozen=True)
class Pace:
    """How fast a line is, how often it drops a log, and when and of how many items the outcome is told."""

    rate: float  # items a second
    log_every: int  # items
    outcome_share: float
    outcome_delay: float  # seconds

    def logs(self, items: Sequence[Item]) -> Iterator[tuple[float, Sequence[Item]]]:
        """The items of each log, and how many seconds after the beginning the last of them is made."""
        for start in range(0, len(items), self.log_every):
            made = items[start : start + self.log_every]
            yield (start + len(made)) / self.rate, made

    def times(self, count: int, last: datetime) -> list[datetime]:
        """When each of so many items was made, one after another."""
        apart = timedelta(seconds=1 / self.rate)
        return [last - apart * (count - 1 - place) for place in range(count)]

    def known_later(self, items: Iterable[Item], chance: random.Random) -> list[Item]:
        """The items of which somebody finds out what became of them."""
        return [each for each in items if each.outcome and chance.random() < self.outcome_share]


def items_of(contract: Contract, rows: Iterable[Row], drifts: Sequence[Drift], chance: random.Random) -> list[Item]:
    """The items that the rows make."""
    label, found = label_of(contract), []
    for row in rows:
        measured = {name: row[name] for name in contract.input.columns if name != label and name in row}
        outcome = row.get(label, "")
        for drift in drifts:
            if drift.measure:
                drift.measure(measured)
            if drift.outcome and outcome:
                outcome = drift.outcome(outcome, chance)
        found.append(Item(row[contract.entity or ""], measured, outcome))
    return found


def given(contract: Contract, item: Item) -> dict[str, str | None]:
    """What of an item the scoring function is given: the features, nothing that is known only later."""
    return {
        name: item.measured[name] or None
        for name, column in contract.input.columns.items()
        if column.feature and name != contract.entity and name in item.measured
    }


def log_of_scores(
    contract: Contract, items: Sequence[Item], answers: Sequence[Mapping[str, Any]], times: Sequence[datetime], run: str
) -> str:
    """An inference log of what was predicted; no outcome is known yet."""
    features = [name for name in logged_columns(contract) if contract.input.columns[name].feature]
    rows = [
        [
            item.item_id,
            _moment(time),
            answer["prediction"],
            answer.get("confidence", ""),
            run,
            *(item.measured.get(name, "") for name in features),
        ]
        for item, answer, time in zip(items, answers, times, strict=True)
    ]
    return _csv(["item_id", "time", "prediction", "confidence", "model", *features], rows)


def log_of_outcomes(items: Iterable[Item], at: datetime) -> str:
    """A log of what became of items that were predicted earlier."""
    return _csv(["item_id", "time", "outcome"], [[item.item_id, _moment(at), item.outcome] for item in items])


def held_back(contract: Contract, text: str, skip: int, count: int) -> list[Row]:
    """Rows of a file after the first so many of them. Raises UserMustAct when there are too few."""
    if contract.entity is None:
        raise UserMustAct(f"{contract.id} names no entity, so an item of its line has no name")
    rows = list(csv.DictReader(io.StringIO(text)))
    if len(rows) < skip + count:
        raise UserMustAct(f"the file has {len(rows):,} rows, and {skip:,} skipped and {count:,} items are more")
    missing = {contract.entity, label_of(contract)} - set(rows[0])
    if missing:
        raise UserMustAct(f"the file has no column {', '.join(sorted(missing))}; it has {', '.join(rows[0])}")
    return list(rows[skip : skip + count])


def right(items: Sequence[Item], answers: Sequence[Mapping[str, Any]]) -> int:
    """How many predictions are what became of the item, in truth: nobody on the line knows it yet."""
    return sum(str(answer["prediction"]) == item.outcome for item, answer in zip(items, answers, strict=True))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
