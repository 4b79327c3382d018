"""Prepared rows as the model's numbers: one float32 matrix, categories as their place in the signature."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from container.signature import AS_OF, Feature, Signature, SignatureError

Matrix = NDArray[np.float32]
Vector = NDArray[np.float64]


def column_values(feature: Feature, column: pa.ChunkedArray) -> NDArray[np.float32]:
    """One feature as numbers; missing values and unlisted categories become NaN."""
    if feature.type == "category":
        listed = pa.array(feature.categories, pa.string())
        column = pc.index_in(column.cast(pa.string()), value_set=listed, skip_nulls=True)
    # By way of float64, as text is parsed in serving, so that both come to the same float32.
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float32)


def matrix(table: pa.Table, signature: Signature) -> Matrix:
    """All features of a table in the signature's order."""
    values = np.empty((table.num_rows, len(signature.features)), dtype=np.float32)
    for place, feature in enumerate(signature.features):
        values[:, place] = column_values(feature, table.column(feature.name))
    return values


@dataclass(frozen=True)
class LabelledRows:
    """Rows with what became of them, as the signature's target says; a NaN duration means no event."""

    table: pa.Table
    targets: Vector

    @classmethod
    def read(cls, path: Path, signature: Signature) -> "LabelledRows":
        """Read rows that `prepare` wrote."""
        return cls.of(pq.read_table(path), path.name, signature)

    @classmethod
    def of(cls, table: pa.Table, name: str, signature: Signature) -> "LabelledRows":
        """The rows of a table; a column that the signature names must be there, and so must labels."""
        wanted = (signature.entity, AS_OF, *(feature.name for feature in signature.features), signature.target)
        missing = [column.strip() for column in wanted if column not in table.column_names]
        if missing:
            raise SignatureError(f"{name} lacks the columns {', '.join(missing)}, which its signature names")
        targets = table.column(signature.target).cast(pa.float64()).to_numpy(zero_copy_only=False)
        rows = cls(table, np.asarray(targets, dtype=np.float64))
        if signature.task != "time_to_event" and not np.isfinite(rows.targets).all():
            raise SignatureError(f"{name} has rows without a value of {signature.target!r}")
        return rows

    @property
    def span(self) -> tuple[date, date] | None:
        """When the first and the last of the rows were taken, as dates or timestamps; None where time plays no role."""
        column = self.table.column(AS_OF)
        if column.null_count == len(column):
            return None
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        ends = pc.min_max(column).as_py()
        return ends["min"], ends["max"]

    @property
    def cutoffs(self) -> tuple[date, ...]:
        """The days as of which the rows of an event log were taken."""
        return tuple(sorted(self.table.column(AS_OF).unique().to_pylist()))
