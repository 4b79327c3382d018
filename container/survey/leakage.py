"""Columns that know the target too well: what one column alone predicts on rows that it was not fitted on."""

from typing import Any

import duckdb
import numpy as np
import xgboost as xgb

from container.survey.profile import TABLE
from evergreen.metrics import Task
from evergreen.survey import ColumnSurvey, Leak

SAMPLED_ROWS = 20_000
MOST_CATEGORIES = 255
TOO_GOOD = {"binary": 0.99, "multiclass": 0.98, "regression": 0.98}
LEAST_ROWS = 30
LEAST_OF_CLASS = 5  # rows of the rarer class that an area under the curve needs
ROUNDS = 20
ALWAYS = 0.99
CHANCE = 1e-9  # that a value goes with one class in all its rows though it says nothing
MOST_FLAGS = 20  # values of a column that is asked whether one of them decides

Array = np.ndarray[Any, np.dtype[Any]]


class TargetKnower:
    """The target of a sample of rows, split in two halves, to try columns against."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: int, typed: str, task: Task) -> None:
        self._connection, self._task = connection, task
        value = typed if task == "regression" else f"CAST({typed} AS VARCHAR)"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE sampled AS SELECT * EXCLUDE (x, v), x AS target "
            f"FROM (SELECT *, {value} AS x FROM (SELECT *, c{place} AS v FROM {TABLE})) WHERE x IS NOT NULL "
            f"ORDER BY hash(row) LIMIT {SAMPLED_ROWS}"
        )
        column = connection.execute("SELECT target FROM sampled ORDER BY hash(row)").fetchnumpy()["target"]
        if task == "regression":
            self._labels: Array = np.asarray(column, dtype=float)
        else:
            _, self._labels = np.unique(np.asarray(column, dtype=str), return_inverse=True)
        self._fitted = np.arange(len(self._labels)) % 2 == 0

    def suspicion(self, place: int, column: ColumnSurvey, typed: str) -> Leak | None:
        """Why the column is suspected; None when it is not."""
        if len(self._labels) < LEAST_ROWS or column.distinct < 2:
            return None
        if leak := self._one_value_decides(place, column):
            return leak
        kind = "c" if column.type in ("text", "boolean") else "q"
        values = self._values(place, typed, kind, column.type == "timestamp")
        score = self._score(values, kind)
        if score is None or score < TOO_GOOD[self._task]:
            return None
        words = {
            "binary": f"AUC {score:.2f}",
            "regression": f"R² {score:.2f}",
            "multiclass": f"right for {score:.0%} of what the most frequent class does not get",
        }
        return Leak(kind="alone", words=f"alone predicts the target almost perfectly ({words[self._task]})")

    def _values(self, place: int, typed: str, kind: str, is_time: bool) -> Array:
        if kind == "q":
            number = f"epoch({typed})" if is_time else typed
            query = (
                f"SELECT CAST({number} AS DOUBLE) AS x FROM (SELECT row, c{place} AS v FROM sampled) ORDER BY hash(row)"
            )
            return _floats(self._connection.execute(query).fetchnumpy()["x"])
        ranks = (
            f"SELECT v, CAST(row_number() OVER (ORDER BY n DESC, v) - 1 AS DOUBLE) AS x FROM "
            f"(SELECT c{place} AS v, COUNT(*) AS n FROM sampled WHERE v IS NOT NULL GROUP BY v) "
            f"QUALIFY row_number() OVER (ORDER BY n DESC, v) <= {MOST_CATEGORIES}"
        )
        query = f"SELECT x FROM sampled LEFT JOIN ({ranks}) AS ranks ON ranks.v = sampled.c{place} ORDER BY hash(row)"
        return _floats(self._connection.execute(query).fetchnumpy()["x"])

    def _score(self, values: Array, kind: str) -> float | None:
        """How much better than a guess, at most 1, on the half that was not fitted."""
        labels, fitted = self._labels, self._fitted
        if self._task == "binary" and min(labels[~fitted].sum(), (1 - labels[~fitted]).sum()) < LEAST_OF_CLASS:
            return None
        matrix = xgb.DMatrix(
            values.reshape(-1, 1), labels, feature_types=[kind], enable_categorical=kind == "c", nthread=1
        )
        objectives = {"binary": "binary:logistic", "regression": "reg:squarederror", "multiclass": "multi:softmax"}
        objective: dict[str, Any] = {"objective": objectives[self._task]}
        if self._task == "multiclass":
            objective["num_class"] = int(labels.max()) + 1
        model = xgb.train(
            {**objective, "max_depth": 3, "eta": 0.5, "nthread": 1, "verbosity": 0},
            matrix.slice(np.flatnonzero(fitted)),
            ROUNDS,
        )
        return self._better_than_a_guess(model.predict(matrix.slice(np.flatnonzero(~fitted))), labels[~fitted])

    def _better_than_a_guess(self, predicted: Array, labels: Array) -> float:
        if self._task == "binary":
            return _auc(predicted, labels)
        if self._task == "regression":
            spread = float(((labels - labels.mean()) ** 2).sum())
            return 1 - float(((labels - predicted) ** 2).sum()) / spread if spread else 0.0
        guess = np.bincount(labels).max() / len(labels)
        return float(((predicted == labels).mean() - guess) / (1 - guess)) if guess < 1 else 0.0

    def _one_value_decides(self, place: int, column: ColumnSurvey) -> Leak | None:
        """A flag that is set only where one rarer class comes."""
        if self._task == "regression" or column.distinct > MOST_FLAGS:
            return None
        classes = (
            f"SELECT c{place} AS v, target, COUNT(*) AS n, SUM(COUNT(*)) OVER (PARTITION BY c{place}) AS rows, "
            f"SUM(COUNT(*)) OVER (PARTITION BY target) / {len(self._labels)} AS share "
            f"FROM sampled GROUP BY c{place}, target"
        )
        found = self._connection.execute(
            f"SELECT v, target, rows FROM ({classes}) WHERE v IS NOT NULL AND share <= 0.5 "
            f"AND n >= {ALWAYS} * rows AND pow(share, rows) < {CHANCE} ORDER BY rows DESC LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        value, label, rows = found
        return Leak(kind="value", words=f"is {value!r} only where the target is {label!r} ({int(rows):,} rows)")


def _floats(column: Any) -> Array:
    return np.ma.filled(np.ma.asarray(column, dtype=float), np.nan)


def _auc(scores: Array, labels: Array) -> float:
    """The chance that a positive row scores above a negative one, ties counted half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives = labels.sum()
    negatives = len(labels) - positives
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))
