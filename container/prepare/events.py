"""An event log's rows: features as of each cut-off, labels from the days after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from container.prepare.cells import feature_value
from container.prepare.cutoffs import Cutoffs
from container.prepare.engine import quoted
from container.prepare.history import History
from container.prepare.prepared_rows import ORDER, PART, SCORED, PreparedRows
from container.prepare.query import Query, QueryRefused, same_sql, set_days
from container.prepare.split import fold
from container.signature import AS_OF, Feature
from evergreen.contract import Contract
from evergreen.targets import CutoffSplit, EventTarget

AT_CUTOFF = "CAST(getvariable('as_of') AS DATE)"
ROWS, TAKEN, LABELS = '"\nprepared rows"', '"\ntaken"', '"\nlabels"'


@dataclass(frozen=True)
class EventLog:
    """The contract of an event log, with the parts that are only its own."""

    contract: Contract
    entity: str
    target: EventTarget
    split: CutoffSplit
    features_name: str

    @classmethod
    def of(cls, contract: Contract) -> "EventLog | None":
        """None for a table."""
        target, split = contract.target, contract.split
        if not (isinstance(target, EventTarget) and isinstance(split, CutoffSplit)):
            return None
        return cls(contract, contract.entity or "", target, split, contract.features or "")


@dataclass
class Walk:
    """A walk over the cut-offs from the oldest to the newest, first taking features at each and then labels.

    While features are taken, `history` ends before the cut-off, and there is no `followup`; and the other way round.
    """

    connection: duckdb.DuckDBPyConnection
    log: EventLog
    history: History
    features_sql: str
    target_sql: str

    def __post_init__(self) -> None:
        self.features_query = Query.parse(self.log.features_name, self.features_sql, self.log.entity)
        self.target_query = Query.parse(self.log.target.sql, self.target_sql, self.log.entity)

    def along(self, cutoffs: Cutoffs) -> PreparedRows:
        """Take rows at every cut-off."""
        target, every = self.log.target, (*cutoffs.train, cutoffs.holdout, cutoffs.scoring)
        features = self._take_features(every)
        self._take_labels(every)
        self._join(features, cutoffs)
        return PreparedRows(
            connection=self.connection,
            relation=ROWS,
            entity=self.log.entity,
            features=features,
            target=target.duration,
            split="cutoffs",
            meaning={
                "features_sql": same_sql(self.features_sql),
                "target_sql": same_sql(self.target_sql),
                "target": target.duration,
                "horizon_days": target.horizon_days,
            },
        )

    def _take_features(self, cutoffs: Sequence[date]) -> tuple[Feature, ...]:
        time, query = quoted(self.log.split.column), self.features_query
        set_days(self.connection, as_of=cutoffs[0])
        with self._shown("history", f"{time} < {AT_CUTOFF}"):
            features = query.features(self.connection, self.log.target.duration)
            self._create(TAKEN, query)
            for cutoff in cutoffs:
                set_days(self.connection, as_of=cutoff)
                query.into(self.connection, TAKEN)
        self._check_entities(TAKEN, query)
        return features

    def _take_labels(self, cutoffs: Sequence[date]) -> None:
        time, query, horizon = quoted(self.log.split.column), self.target_query, self.log.target.horizon_days
        until = f"{AT_CUTOFF} + {horizon}"
        with self._shown("followup", f"{time} >= {AT_CUTOFF} AND {time} < {until}"):
            if self.log.target.duration not in query.columns(self.connection):
                raise QueryRefused(f"{query.name} gives no column {self.log.target.duration!r}")
            self._create(LABELS, query)
            for cutoff in cutoffs:
                set_days(self.connection, as_of=cutoff, followed_until=cutoff + timedelta(days=horizon))
                query.into(self.connection, LABELS)
        self._check_entities(LABELS, query)
        self._check_durations()

    def _join(self, features: Sequence[Feature], cutoffs: Cutoffs) -> None:
        entity, target, as_of = quoted(self.log.entity), quoted(self.log.target.duration), quoted(AS_OF)
        values = ", ".join(feature_value(feature, f"taken.{quoted(feature.name)}") for feature in features)
        part = (
            f"CASE {as_of} WHEN DATE '{cutoffs.scoring}' THEN NULL WHEN DATE '{cutoffs.holdout}' THEN 'holdout' "
            f"ELSE CASE WHEN {fold(entity)} >= {self.log.split.validation_share} THEN 'train' ELSE 'validation' END END"
        )
        self.connection.execute(
            f"CREATE TABLE {ROWS} AS SELECT {entity}, {as_of}, {values}, CAST(labels.{target} AS DOUBLE) AS {target}, "
            f"{part} AS {PART}, {as_of} = DATE '{cutoffs.scoring}' AS {SCORED}, 0 AS {ORDER} "
            f"FROM {TAKEN} AS taken LEFT JOIN {LABELS} AS labels USING ({entity}, {as_of})"
        )
        for table in (TAKEN, LABELS):
            self.connection.execute(f"DROP TABLE {table}")

    @contextmanager
    def _shown(self, name: str, where: str) -> Iterator[None]:
        """Make what a query of the contract may see."""
        columns = ", ".join(quoted(column) for column in self.log.contract.input.columns)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {self.history.relation} WHERE {where}")
        yield
        self.connection.execute(f"DROP VIEW {name}")

    def _create(self, table: str, query: Query) -> None:
        """An empty table for all that a query gives, with the cut-off at which it does."""
        columns = [f"{quoted(name)} {type}" for name, type in query.columns(self.connection).items()]
        columns.append(f"{quoted(AS_OF)} DATE DEFAULT {AT_CUTOFF}")
        self.connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")

    def _check_entities(self, table: str, query: Query) -> None:
        entity, as_of = self.log.entity, quoted(AS_OF)
        found = self.connection.execute(
            f"SELECT {as_of}, COUNT(*) AS total, COUNT(DISTINCT {quoted(entity)}) AS different FROM {table} "
            f"GROUP BY {as_of} HAVING total <> different ORDER BY {as_of} LIMIT 1"
        ).fetchall()
        if found:
            cutoff, total, distinct = found[0]
            raise QueryRefused(
                f"{query.name} must give one row per {entity} and none without: at {cutoff} it gives {total} rows "
                f"for {distinct}"
            )

    def _check_durations(self) -> None:
        target, horizon, as_of = quoted(self.log.target.duration), self.log.target.horizon_days, quoted(AS_OF)
        wrong = f"{target} IS NULL OR {target} < 0 OR {target} >= {horizon}"
        query = f"SELECT {target}, {as_of} FROM {LABELS} WHERE {wrong} ORDER BY {as_of} LIMIT 1"
        found = self.connection.execute(query).fetchall()
        if found:
            value, cutoff = found[0]
            raise QueryRefused(
                f"{self.target_query.name} gives {value} at {cutoff}; it must be 0 to less than {horizon} days"
            )
