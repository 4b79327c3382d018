"""An event log's rows: features as of each cut-off, labels from the days after it."""

from dataclasses import dataclass, field
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
    """A walk over the cut-offs from the oldest to the newest, taking features and labels at each.

    While features are taken, `history` ends before the cut-off, and there is no `followup`; and the other way round.
    """

    connection: duckdb.DuckDBPyConnection
    log: EventLog
    history: History
    features_sql: str
    target_sql: str
    features: tuple[Feature, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.features_query = Query.parse(self.log.features_name, self.features_sql, self.log.entity)
        self.target_query = Query.parse(self.log.target.sql, self.target_sql, self.log.entity)

    def along(self, cutoffs: Cutoffs) -> PreparedRows:
        """Take rows at every cut-off."""
        share = self.log.split.validation_share
        place = fold(quoted(self.log.entity))
        for cutoff in cutoffs.train:
            self._take(cutoff, part=f"CASE WHEN {place} >= {share} THEN 'train' ELSE 'validation' END")
        self._take(cutoffs.holdout, part="'holdout'")
        self._take(cutoffs.scoring, part="CAST(NULL AS VARCHAR)", scored=True)
        target = self.log.target
        return PreparedRows(
            connection=self.connection,
            relation=ROWS,
            entity=self.log.entity,
            features=self.features,
            target=target.duration,
            split="cutoffs",
            meaning={
                "features_sql": same_sql(self.features_sql),
                "target_sql": same_sql(self.target_sql),
                "target": target.duration,
                "horizon_days": target.horizon_days,
            },
        )

    def _take(self, cutoff: date, part: str, scored: bool = False) -> None:
        entity, target = quoted(self.log.entity), quoted(self.log.target.duration)
        self._take_features(cutoff)
        self._take_labels(cutoff)
        values = ", ".join(feature_value(feature, f"taken.{quoted(feature.name)}") for feature in self.features)
        select = (
            f"SELECT {entity}, DATE '{cutoff}' AS {quoted(AS_OF)}, {values}, "
            f"CAST(labels.{target} AS DOUBLE) AS {target}, {part} AS {PART}, {scored} AS {SCORED}, 0 AS {ORDER} "
            f"FROM {TAKEN} AS taken LEFT JOIN {LABELS} AS labels USING ({entity})"
        )
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {ROWS} AS {select} LIMIT 0")
        self.connection.execute(f"INSERT INTO {ROWS} {select}")
        for table in (TAKEN, LABELS):
            self.connection.execute(f"DROP TABLE {table}")

    def _take_features(self, cutoff: date) -> None:
        set_days(self.connection, as_of=cutoff)
        self._show("history", f"{quoted(self.log.split.column)} < DATE '{cutoff}'")
        self.features = self.features or self.features_query.features(self.connection, self.log.target.duration)
        self.features_query.into(self.connection, TAKEN)
        self.connection.execute("DROP VIEW history")
        self._check_entities(TAKEN, self.features_query, cutoff)

    def _take_labels(self, cutoff: date) -> None:
        until = cutoff + timedelta(days=self.log.target.horizon_days)
        set_days(self.connection, followed_until=until)
        time = quoted(self.log.split.column)
        self._show("followup", f"{time} >= DATE '{cutoff}' AND {time} < DATE '{until}'")
        if self.log.target.duration not in self.target_query.columns(self.connection):
            raise QueryRefused(f"{self.target_query.name} gives no column {self.log.target.duration!r}")
        self.target_query.into(self.connection, LABELS)
        self.connection.execute("DROP VIEW followup")
        self._check_entities(LABELS, self.target_query, cutoff)
        self._check_durations(cutoff)

    def _show(self, name: str, where: str) -> None:
        """Make what a query of the contract may see."""
        columns = ", ".join(quoted(column) for column in self.log.contract.input.columns)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {self.history.relation} WHERE {where}")

    def _check_entities(self, table: str, query: Query, cutoff: date) -> None:
        entity = self.log.entity
        count = f"SELECT COUNT(*), COUNT(DISTINCT {quoted(entity)}) FROM {table}"
        total, distinct = self.connection.execute(count).fetchall()[0]
        if total != distinct:
            raise QueryRefused(
                f"{query.name} must give one row per {entity} and none without: at {cutoff} it gives {total} rows "
                f"for {distinct}"
            )

    def _check_durations(self, cutoff: date) -> None:
        target, horizon = quoted(self.log.target.duration), self.log.target.horizon_days
        wrong = f"{target} IS NULL OR {target} < 0 OR {target} >= {horizon}"
        found = self.connection.execute(f"SELECT {target} FROM {LABELS} WHERE {wrong} LIMIT 1").fetchall()
        if found:
            raise QueryRefused(
                f"{self.target_query.name} gives {found[0][0]} at {cutoff}; it must be 0 to less than {horizon} days"
            )
