"""rows.parquet: every model's answer and share of the deciding metric, row by row, for whoever looks closer."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from container.evaluate.judgement import Scored
from container.rows import LabelledRows, Vector
from container.signature import AS_OF, Signature
from container.tasks import TASKS
from evergreen.evaluation import Role


def write_rows(
    path: Path,
    rows: LabelledRows,
    signature: Signature,
    scored: Mapping[Role, Scored],
    shares: Mapping[Role, Vector],
) -> None:
    """Write entity, time, target, and for each model its outputs and shares."""
    table = rows.table.select([signature.entity, AS_OF, signature.target])
    for role, model in scored.items():
        answer = TASKS[signature.task].answer(model.predictions, model.threshold)
        columns = [pa.array(column) for column in answer.numbers.T]
        if answer.labels is not None:
            columns.insert(0, pa.array(signature.classes, pa.string()).take(pa.array(answer.labels)))
        for name, column in zip(signature.outputs, columns, strict=True):
            table = table.append_column(f"{role}_{name}", column)
        table = table.append_column(f"{role}_share", pa.array(shares[role]))
    pq.write_table(table, path, compression="zstd")
