"""What a run has collected by itself: outcomes join the history as a dropped file does, samples are set apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from container.directories import Directories
from container.prepare.accepted import ORDER, accepted_rows
from container.prepare.engine import quoted, text
from container.prepare.intake import Intake
from container.prepare.prepared_rows import AUDIT, PreparedRows
from container.prepare.table_rows import Table, feature_values
from container.provenance import NAMES, OBSERVED, SOURCES
from container.signature import AS_OF
from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.manifest import Collection, FileReport, InputFile, RunManifest
from evergreen.targets import ColumnTarget


@dataclass
class RecentItems:
    """Files of this run's own, as far as they are accepted."""

    since: str
    contract: Contract
    outcomes: FileReport | None
    outcomes_file: Path | None
    samples: FileReport | None
    samples_file: Path | None
    teachable: int = 0
    audit_rows: int = 0

    def write(self, connection: duckdb.DuckDBPyConnection, rows: PreparedRows, folder: Path) -> None:
        """Write samples for the teachers, and training rows that none of them is to see."""
        folder.mkdir(parents=True, exist_ok=True)
        names = ", ".join(map(quoted, rows.columns))
        audit = folder / "audit.parquet"
        order = f"{quoted(AS_OF)}, {quoted(rows.entity)}, {quoted(ORDER)}"
        connection.execute(
            f"COPY (SELECT {names} FROM {rows.relation} WHERE {AUDIT} ORDER BY {order}) TO {text(audit)} "
            "(FORMAT parquet)"
        )
        self.audit_rows = pq.read_metadata(audit).num_rows
        self.teachable = self._write_samples(connection, rows, folder / "samples.parquet")
        (folder / "dataset.json").write_text(self.contract.model_dump_json(by_alias=True, exclude_none=True))

    def _write_samples(self, connection: duckdb.DuckDBPyConnection, rows: PreparedRows, path: Path) -> int:
        """Of items that have no label anywhere, and that would be training rows if they had one."""
        table = Table.of(self.contract)
        if self.samples_file is None or table is None:
            return 0
        entity, time = quoted(table.entity), self.contract.time_column
        as_of = quoted(time) if time else "CAST(NULL AS TIMESTAMP)"
        source = accepted_rows(connection, unlabelled(self.contract), {0: self.samples_file})
        known = f"SELECT {entity} FROM {rows.relation} WHERE {quoted(rows.target)} IS NOT NULL AND {entity} IS NOT NULL"
        connection.execute(
            f"COPY (SELECT {entity}, {as_of} AS {quoted(AS_OF)}, {feature_values(table)}, {SOURCES}, {OBSERVED} "
            f"FROM ({source}) WHERE {entity} NOT IN ({known}) AND {rows.drawn} = 'train' ORDER BY {quoted(ORDER)}) "
            f"TO {text(path)} (FORMAT parquet, CODEC zstd)"
        )
        count: int = pq.read_metadata(path).num_rows
        return count


def take_recent(
    directories: Directories, manifest: RunManifest, layout: RunLayout, intake: Intake
) -> RecentItems | None:
    """Check what was collected as any dropped file; what cannot be used is set aside, and is not fatal."""
    collection, source = manifest.collection, directories.processing_input
    if collection is None:
        return None
    name = f"{collection.outcomes.arrival_id}.parquet"
    found = RecentItems(collection.since, intake.contract, None, None, None, None)
    outcomes, samples = source / collection.outcomes.key, source / collection.samples
    if pq.read_metadata(outcomes).num_rows:
        accepted = directories.processing_output / "accepted" / name
        taking = replace(intake, beside=NAMES)
        found.outcomes = taking.take(outcomes, collection.outcomes, accepted, f"{layout.accepted}/{name}")
        found.outcomes_file = None if found.outcomes.refused else accepted
    if pq.read_metadata(samples).num_rows:
        accepted = intake.scratch / "samples.parquet"
        taking = replace(intake, beside=NAMES, contract=unlabelled(intake.contract))
        file = InputFile(
            arrival_id="samples",
            source=collection.outcomes.source.replace(collection.outcomes.key, collection.samples),
            version_id="null",
            key=collection.samples,
            size=samples.stat().st_size,
        )
        found.samples = taking.take(samples, file, accepted, collection.samples)
        found.samples_file = None if found.samples.refused else accepted
    return found


def unlabelled(contract: Contract) -> Contract:
    """The contract of rows whose label is not known yet."""
    if not isinstance(contract.target, ColumnTarget):
        return contract
    columns = dict(contract.input.columns)
    columns[contract.target.column] = columns[contract.target.column].model_copy(update={"required": False})
    return contract.model_copy(update={"input": contract.input.model_copy(update={"columns": columns})})


def collection_keys(collection: Collection | None) -> Iterator[str]:
    """The files that CollectSamples has written."""
    if collection:
        yield from (collection.outcomes.key, collection.samples)
