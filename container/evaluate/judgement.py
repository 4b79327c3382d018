"""How the models compare on the hold-out: every metric with its interval, as a whole and by slice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from container.evaluate.bootstrap import compared, spread
from container.evaluate.resampling import Plan, resample
from container.evaluate.slices import HoldoutSlice, cut
from container.metrics import Statistic
from container.rows import LabelledRows, Vector
from container.signature import Signature
from container.sums import Places, Sums
from container.tasks import TASKS
from container.tasks.definition import Predictions
from container.tasks.labels import happened
from evergreen.contract import Contract
from evergreen.evaluation import Comparison, Evaluation, Interval, Role, SliceComparison, SliceLeftOut
from evergreen.metrics import HIGHER_IS_BETTER, OF_TASK, MetricName, counts_rows_with_event_only

ONLY_WHEN_ASKED: tuple[MetricName, ...] = ("concordance",)  # it looks at every pair of rows
Statistics = dict[Role, dict[MetricName, Statistic]]


@dataclass(frozen=True)
class Scored:
    """One model's predictions of the hold-out, and from which probability on it tells the positive label."""

    predictions: Predictions
    threshold: float


@dataclass(frozen=True)
class Judgement:
    """The hold-out rows, and what the contract asks of them."""

    contract: Contract
    rows: LabelledRows
    signature: Signature

    @property
    def metric(self) -> MetricName:
        return self.contract.metric

    @cached_property
    def _names(self) -> list[MetricName]:
        asked = {self.metric, *self.contract.gate.floors, *self.contract.gate.guards}
        return [name for name in OF_TASK[self.contract.task] if name in asked or name not in ONLY_WHEN_ASKED]

    def none(self, reason: str) -> Evaluation:
        """Nothing is told of rows that cannot tell one model from another."""
        return Evaluation(**self._counts(), unjudgeable=reason, challenger={}, baseline={})

    def of(self, scored: Mapping[Role, Scored]) -> Evaluation:
        """Tell every model's metrics and intervals, and how the challenger compares."""
        found: Statistics = {
            role: {name: self._statistic(name, model) for name in self._names} for role, model in scored.items()
        }
        values = {role: {name: each.value() for name, each in of.items()} for role, of in found.items()}
        slices, left_out = self._slices(scored) if "champion" in scored else ([], ())
        whole, *parts = resample(
            [Plan([each for of in found.values() for each in of.values()]), *(plan for _, plan in slices)],
            len(self.rows.targets),
        )
        told = {role: whole[place * len(self._names) :][: len(self._names)] for place, role in enumerate(found)}
        binary = self.contract.task == "binary"
        return Evaluation(
            **self._counts(),
            challenger=values["challenger"],
            baseline=values["baseline"],
            champion=values.get("champion"),
            intervals={role: dict(self._intervals(sums)) for role, sums in told.items()},
            against_baseline=self._against("baseline", values, told),
            against_champion=self._against("champion", values, told) if "champion" in scored else None,
            slices=tuple(self._slice(each, plan, sums) for (each, plan), sums in zip(slices, parts, strict=True)),
            slices_left_out=left_out,
            threshold=scored["challenger"].threshold if binary else None,
        )

    def shares(self, scored: Mapping[Role, Scored]) -> dict[Role, Vector]:
        """What each row adds to every model's deciding metric."""
        return {role: self._statistic(self.metric, model).shares for role, model in scored.items()}

    def _counts(self) -> dict[str, Any]:
        return {
            "task": self.contract.task,
            "metric": self.metric,
            "rows": len(self.rows.targets),
            "judged_rows": int((~np.isnan(self.rows.targets)).sum()),
        }

    def _statistic(self, name: MetricName, model: Scored, rows: Places | slice = slice(None)) -> Statistic:
        return TASKS[self.contract.task].statistic(
            name,
            self.rows.targets[rows],
            model.predictions[rows],
            self.signature,
            threshold=model.threshold,
            quantile=self.contract.gate.quantile,
        )

    def _telling_rows(self, name: MetricName, rows: Places | slice = slice(None)) -> int:
        """How many rows a metric's noise comes of: of two classes the rarer one's, of durations those that came."""
        targets = self.rows.targets[rows]
        hits = happened(targets, self.contract.task)
        if hits is None:
            return len(targets)
        few = hits.sum() if counts_rows_with_event_only(self.contract.task, name) else min(hits.sum(), (~hits).sum())
        return int(few)

    def _intervals(self, sums: Sums) -> Iterator[tuple[MetricName, Interval]]:
        for name, of in zip(self._names, sums, strict=True):
            interval = spread(of, self._telling_rows(name))
            if interval:
                yield name, interval

    def _against(
        self, other: Role, values: Mapping[Role, Mapping[MetricName, float]], told: Mapping[Role, Sums]
    ) -> Comparison:
        place = self._names.index(self.metric)
        return compared(
            "champion" if other == "champion" else "baseline",
            (values["challenger"][self.metric], values[other][self.metric]),
            (told["challenger"][place], told[other][place]),
            self._telling_rows(self.metric),
            HIGHER_IS_BETTER[self.metric],
        )

    def _slices(
        self, scored: Mapping[Role, Scored]
    ) -> tuple[list[tuple[HoldoutSlice, Plan]], tuple[SliceLeftOut, ...]]:
        """The slices that have enough rows to be judged by themselves, and what is left out."""
        counted = ~np.isnan(self.rows.targets)
        if not counts_rows_with_event_only(self.contract.task, self.metric):
            counted[:] = True
        kept, left_out = cut(self.rows, counted, self.signature, self.contract.gate)
        pair = (scored["challenger"], scored["champion"])
        plans = [
            (each, Plan([self._statistic(self.metric, model, each.places) for model in pair], each.places))
            for each in kept
        ]
        return plans, left_out

    def _slice(self, each: HoldoutSlice, plan: Plan, sums: Sums) -> SliceComparison:
        challenger, champion = (statistic.value() for statistic in plan.statistics)
        rows = self._telling_rows(self.metric, each.places)
        higher = HIGHER_IS_BETTER[self.metric]
        return SliceComparison(
            column=each.column,
            value=each.value,
            rows=each.judged,
            challenger=challenger,
            champion=champion,
            comparison=compared("champion", (challenger, champion), (sums[0], sums[1]), rows, higher),
        )
