"""What `prepare` hands on: training, validation and hold-out rows as Parquet, rows to score as plain CSV."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from container.prepare.column_types import as_text
from container.prepare.engine import quoted, text
from container.prepare.prepared_rows import COLLECTED, LEARNED, ORDER, TO_SCORE, PreparedRows, in_part
from container.signature import AS_OF, OUTPUTS, Feature, Signature, features_hash
from evergreen.contract import Contract
from evergreen.generations import ScoringPart, ScoringParts
from evergreen.inference import logged_columns
from evergreen.targets import EventTarget

ROWS_PER_PART = 50_000  # of those that are scored: what one function loads in a minute or two
_TO_WRITE = '"\nto_write"'
MOST_CATEGORIES = 1_000


def write(rows: PreparedRows, signature: Signature, folder: Path) -> None:
    """Write all rows below a folder, with their signature beside those that are learned from and judged by."""
    _write_parquet(rows, in_part("train"), folder / "train" / "train.parquet")
    _write_parquet(rows, in_part("validation"), folder / "train" / "validation.parquet")
    _write_parquet(rows, in_part("holdout"), folder / "holdout" / "holdout.parquet")
    parts = _write_scoring(rows, folder / "scoring")
    (folder / "scoring_parts.json").write_text(parts.model_dump_json())
    for part in ("train", "holdout"):
        (folder / part / "signature.json").write_text(signature.to_json())


def write_sources(rows: PreparedRows, folder: Path) -> dict[str, int]:
    """Write, beside the training rows, how many were dropped and how many are recent items with their outcome."""
    collected = rows.count(f"{in_part('train')} AND {COLLECTED}").rows
    counts = {"dropped": rows.count(in_part("train")).rows - collected, "outcomes": collected}
    (folder / "sources.json").write_text(json.dumps(counts))
    return counts


def signature_of(rows: PreparedRows, contract: Contract) -> Signature:
    """The signature of models trained on these rows, with the categories that the rows hold."""
    target = contract.target
    features = tuple(_with_categories(rows, feature) for feature in rows.features)
    return Signature(
        dataset=contract.id,
        task=contract.task,
        entity=rows.entity,
        features=features,
        features_hash=features_hash(features, rows.meaning),
        target=rows.target,
        outputs=OUTPUTS[contract.task],
        split=rows.split,
        classes=rows.classes,
        horizon_days=target.horizon_days if isinstance(target, EventTarget) else None,
    )


def _write_parquet(rows: PreparedRows, where: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = rows.slices if where == in_part("holdout") else ()
    names = ", ".join(quoted(name) for name in (*rows.columns, *beside))
    rows.connection.execute(
        f"COPY (SELECT {names} FROM {rows.relation} WHERE {where} "
        f"ORDER BY {quoted(AS_OF)}, {quoted(rows.entity)}, {ORDER}) TO {text(path)} (FORMAT parquet, CODEC zstd)"
    )


def _write_scoring(rows: PreparedRows, folder: Path) -> ScoringParts:
    """In parts: no header, the entity first, then the features, missing ones empty."""
    folder.mkdir(parents=True, exist_ok=True)
    connection, parts = rows.connection, list[ScoringPart]()
    query = f"SELECT {_line(rows)} FROM {rows.relation} WHERE {TO_SCORE} ORDER BY {quoted(rows.entity)}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_TO_WRITE} AS {query}")  # ordered once, not for each part
    for part, where in _parts(rows):
        connection.execute(
            f"COPY (SELECT * FROM {_TO_WRITE} WHERE {where} ORDER BY rowid) "
            f"TO {text(folder / part.part)} (FORMAT csv, HEADER false, QUOTE '', DELIMITER '\x01')"
        )
        parts.append(part)
    connection.execute(f"DROP TABLE {_TO_WRITE}")
    return ScoringParts(tuple(parts))


def write_logged(rows: PreparedRows, dropped: str, contract: Contract, folder: Path) -> None:
    """Write the rows that are scored as they were dropped, part by part, for the inference log; `dropped` is SQL for
    all rows. Features of an event log are of no one row."""
    names = logged_columns(contract)
    if not names:
        return
    folder.mkdir(parents=True, exist_ok=True)
    entity, columns = quoted(rows.entity), contract.input.columns
    values = ", ".join(
        f"{as_text(f'dropped.{quoted(name)}', columns[name], contract.input.decimal)} AS {quoted(name)}"
        for name in names
    )
    rows.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_TO_WRITE} AS SELECT CAST(scored.{entity} AS VARCHAR) AS item_id, {values} "
        f"FROM (SELECT {entity}, {ORDER} FROM {rows.relation} WHERE {TO_SCORE}) AS scored "
        f"JOIN {dropped} AS dropped ON dropped.{ORDER} = scored.{ORDER} ORDER BY scored.{entity}"
    )
    for part, where in _parts(rows):
        rows.connection.execute(
            f"COPY (SELECT * FROM {_TO_WRITE} WHERE {where} ORDER BY rowid) "
            f"TO {text(folder / f'{part.part}.parquet')} (FORMAT parquet, CODEC zstd)"
        )
    rows.connection.execute(f"DROP TABLE {_TO_WRITE}")


def _parts(rows: PreparedRows) -> Iterator[tuple[ScoringPart, str]]:
    """Each part of the rows to score, and SQL for which of them it has when they are ordered by entity."""
    total = rows.count(TO_SCORE).rows
    for number, first in enumerate(range(0, total, ROWS_PER_PART)):
        last = min(first + ROWS_PER_PART, total) - 1
        yield ScoringPart(part=f"part-{number:05d}.csv", rows=last - first + 1), f"rowid BETWEEN {first} AND {last}"


def _line(rows: PreparedRows) -> str:
    """SQL for a line of CSV: only an entity may need quotes; DuckDB's own would stand around a feature like #1, too."""
    entity = f"CAST({quoted(rows.entity)} AS VARCHAR)"
    escaped = f"""'"' || replace({entity}, '"', '""') || '"'"""
    needs_quotes = f"regexp_matches({entity}, '[\",]')"
    features = (f"COALESCE(CAST({quoted(feature.name)} AS VARCHAR), '')" for feature in rows.features)
    return f"concat_ws(',', CASE WHEN {needs_quotes} THEN {escaped} ELSE {entity} END, {', '.join(features)})"


def _with_categories(rows: PreparedRows, feature: Feature) -> Feature:
    """The most frequent categories of the rows that are learned from, in order of their names."""
    if feature.type != "category":
        return feature
    name = quoted(feature.name)
    query = f"SELECT {name} FROM {rows.relation} WHERE {name} IS NOT NULL AND {LEARNED} GROUP BY 1"
    found = rows.connection.execute(f"{query} ORDER BY COUNT(*) DESC, 1 LIMIT {MOST_CATEGORIES}").fetchall()
    return replace(feature, categories=tuple(sorted(row[0] for row in found)))
