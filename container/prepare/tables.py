"""Rows for training, hold-out and scoring: features as of each cut-off, labels from the days after it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from container.prepare.cutoffs import Cutoffs
from container.prepare.engine import connect, quoted, text
from container.prepare.history import History
from container.prepare.query import AS_OF, FOLD, Query, QueryRefused, feature_value, set_days
from container.signature import Feature
from evergreen.contract import Contract

ROWS = "prepared_rows"


@dataclass(frozen=True)
class Tables:
    """All rows of a run in one DuckDB table: entity, as_of, fold, features, target."""

    connection: duckdb.DuckDBPyConnection
    features: tuple[Feature, ...]
    entity: str
    target: str

    @property
    def columns(self) -> list[str]:
        return [self.entity, AS_OF, *(feature.name for feature in self.features), self.target]


class Walk:
    """A walk over the cut-offs from the oldest to the newest, taking features and labels at each.

    What features may see is a database of its own that grows as the walk goes on: rows after the cut-off are not
    filtered out of it, they are not there yet.
    """

    def __init__(self, contract: Contract, scratch: Path, history: History, features_sql: str, target_sql: str) -> None:
        self.contract = contract
        self.features_query = Query.parse(contract.features, features_sql, contract.entity)
        self.target_query = Query.parse(contract.target.sql, target_sql, contract.entity)
        self.past, self.future, self.rows = (connect(scratch, name) for name in ("past", "future", "rows"))
        names = ", ".join(quoted(name) for name in contract.input.columns)
        self.source = f"(SELECT {names} FROM read_parquet({text(history.path)}))"
        self.time = quoted(contract.split.column)
        self.seen = history.first_day
        self.features: tuple[Feature, ...] = ()
        self.past.execute(f"CREATE TABLE history AS FROM {self.source} LIMIT 0")
        self.future.execute(
            f"CREATE VIEW followup AS FROM {self.source} "
            f"WHERE {self.time} >= getvariable('as_of') AND {self.time} < getvariable('followed_until')"
        )

    def along(self, cutoffs: Cutoffs) -> Tables:
        """Take rows at every cut-off."""
        for cutoff in (*cutoffs.train, cutoffs.holdout, cutoffs.scoring):
            self._move_to(cutoff)
            self._take(cutoff)
        self.past.close()
        self.future.close()
        return Tables(self.rows, self.features, self.contract.entity, self.contract.target.duration)

    def _move_to(self, cutoff: date) -> None:
        days = f"{self.time} >= DATE '{self.seen}' AND {self.time} < DATE '{cutoff}'"
        self.past.execute(f"INSERT INTO history FROM {self.source} WHERE {days}")
        self.seen = cutoff
        set_days(self.past, as_of=cutoff)
        set_days(self.future, as_of=cutoff, followed_until=cutoff + timedelta(days=self.contract.target.horizon_days))

    def _take(self, cutoff: date) -> None:
        entity, target = quoted(self.contract.entity), quoted(self.contract.target.duration)
        self.features = self.features or self.features_query.features(self.past, target=self.contract.target.duration)
        if self.contract.target.duration not in self.target_query.columns(self.future):
            raise QueryRefused(f"{self.target_query.name} gives no column {self.contract.target.duration!r}")
        self.rows.register("taken", self.features_query.table(self.past))
        self.rows.register("labels", self.target_query.table(self.future))
        self._check_entities("taken", self.features_query, cutoff)
        self._check_entities("labels", self.target_query, cutoff)
        self._check_durations(cutoff)
        values = ", ".join(feature_value(feature) for feature in self.features)
        select = (
            f"SELECT {entity}, DATE '{cutoff}' AS {AS_OF}, "
            f"md5_number_upper(CAST({entity} AS VARCHAR)) / 18446744073709551616.0 AS {FOLD}, "
            f"{values}, CAST(labels.{target} AS DOUBLE) AS {target} FROM taken LEFT JOIN labels USING ({entity})"
        )
        self.rows.execute(f"CREATE TABLE IF NOT EXISTS {ROWS} AS {select} LIMIT 0")
        self.rows.execute(f"INSERT INTO {ROWS} {select}")

    def _check_entities(self, table: str, query: Query, cutoff: date) -> None:
        entity = self.contract.entity
        count = f"SELECT COUNT(*), COUNT(DISTINCT {quoted(entity)}) FROM {table}"
        total, distinct = self.rows.execute(count).fetchall()[0]
        if total != distinct:
            raise QueryRefused(
                f"{query.name} must give one row per {entity} and none without: at {cutoff} it gives {total} rows "
                f"for {distinct}"
            )

    def _check_durations(self, cutoff: date) -> None:
        target, horizon = quoted(self.contract.target.duration), self.contract.target.horizon_days
        wrong = f"{target} IS NULL OR {target} < 0 OR {target} >= {horizon}"
        found = self.rows.execute(f"SELECT {target} FROM labels WHERE {wrong} LIMIT 1").fetchall()
        if found:
            raise QueryRefused(
                f"{self.target_query.name} gives {found[0][0]} at {cutoff}; it must be 0 to less than {horizon} days"
            )
