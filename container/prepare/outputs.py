"""What `prepare` hands on: training, validation and hold-out rows as Parquet, rows to score as plain CSV."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from container.prepare.cutoffs import Cutoffs
from container.prepare.engine import quoted, text
from container.prepare.query import AS_OF, FOLD
from container.prepare.tables import ROWS, Tables
from container.signature import Signature, features_hash
from evergreen.contract import Contract

ROWS_PER_PART = 100_000


@dataclass(frozen=True)
class Counts:
    """Rows of one part, and how many of them have an event."""

    rows: int
    events: int

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.events} with an event"


@dataclass(frozen=True)
class Selection:
    """Which of the rows belong to which part."""

    learned: str  # training and validation together
    train: str
    validation: str
    holdout: str
    scoring: str

    @classmethod
    def of(cls, contract: Contract, cutoffs: Cutoffs) -> "Selection":
        """Training rows are split by entity, never by time; the others by their cut-off."""
        days = ", ".join(_day(cutoff) for cutoff in cutoffs.train)
        learned = f"{AS_OF} IN ({days})"
        share = contract.split.validation_share
        return cls(
            learned=learned,
            train=f"{learned} AND {FOLD} >= {share}",
            validation=f"{learned} AND {FOLD} < {share}",
            holdout=f"{AS_OF} = {_day(cutoffs.holdout)}",
            scoring=f"{AS_OF} = {_day(cutoffs.scoring)}",
        )

    def parts(self) -> dict[str, str]:
        return {"train": self.train, "validation": self.validation, "holdout": self.holdout, "scoring": self.scoring}


def count(tables: Tables, where: str) -> Counts:
    """Count the rows of one part."""
    query = f"SELECT COUNT(*), COUNT({quoted(tables.target)}) FROM {ROWS} WHERE {where}"
    return Counts(*tables.connection.execute(query).fetchall()[0])


def write_parquet(tables: Tables, where: str, path: Path) -> None:
    """Write rows with their labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ", ".join(quoted(name) for name in tables.columns)
    tables.connection.execute(
        f"COPY (SELECT {names} FROM {ROWS} WHERE {where} ORDER BY {AS_OF}, {quoted(tables.entity)}) "
        f"TO {text(path)} (FORMAT parquet, CODEC zstd)"
    )


def write_scoring(tables: Tables, where: str, folder: Path) -> None:
    """Write rows to score, in parts: no header, the entity first, then the features, missing ones empty."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ", ".join(quoted(name) for name in (tables.entity, *(feature.name for feature in tables.features)))
    total = count(tables, where).rows
    for number, offset in enumerate(range(0, total, ROWS_PER_PART)):
        tables.connection.execute(
            f"COPY (SELECT {names} FROM {ROWS} WHERE {where} ORDER BY {quoted(tables.entity)} "
            f"LIMIT {ROWS_PER_PART} OFFSET {offset}) "
            f"TO {text(folder / f'part-{number:05d}.csv')} (FORMAT csv, HEADER false)"
        )


def signature(tables: Tables, contract: Contract, where: str, features_sql: str, target_sql: str) -> Signature:
    """The signature of models trained on these rows, with the categories that the rows hold."""
    features = tuple(
        replace(feature, categories=_categories(tables, feature.name, where)) if feature.type == "category" else feature
        for feature in tables.features
    )
    horizon = contract.target.horizon_days
    return Signature(
        dataset=contract.id,
        task=contract.task,
        entity=contract.entity,
        features=features,
        features_hash=features_hash(features, features_sql, target_sql, tables.target, horizon),
        target=tables.target,
        horizon_days=horizon,
    )


def _categories(tables: Tables, name: str, where: str) -> tuple[str, ...]:
    query = f"SELECT DISTINCT {quoted(name)} FROM {ROWS} WHERE {quoted(name)} IS NOT NULL AND {where} ORDER BY 1"
    return tuple(row[0] for row in tables.connection.execute(query).fetchall())


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
