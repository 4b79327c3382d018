"""Small tables made for a test: contracts, accepted files, and the rows that come of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from container.prepare import outputs
from container.prepare.engine import connect
from container.prepare.history import History, gather
from container.prepare.prepared_rows import PreparedRows
from container.prepare.table_rows import Table, prepare_table
from container.signature import ROW_NUMBER, Signature
from evergreen.contract import Contract

Columns = dict[str, list[Any]]


def table_contract(columns: dict[str, Any], target: str = "y", positive: str = "1", **changes: Any) -> Contract:
    """A table's contract; a column is its type or its whole declaration."""
    declared = {name: given if isinstance(given, dict) else {"type": given} for name, given in columns.items()}
    arrives = {name: changes.pop(name) for name in ("arrives", "key") if name in changes}
    task = changes.setdefault("task", "binary")
    document = {
        "id": "made",
        "entity": "who",
        "input": {"columns": declared, **arrives},
        "target": {"column": target, **({"positive": positive} if task == "binary" else {})},
        "split": {"by": "random"},
    }
    return Contract.model_validate({**document, **changes})


def accepted(path: Path, columns: Columns, **types: pa.DataType) -> Path:
    """An accepted file as the intake leaves it."""
    length = len(next(iter(columns.values())))
    columns = columns if "who" in columns else {**columns, ROW_NUMBER: list(range(1, length + 1))}
    pq.write_table(pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()}), path)
    return path


def gathered(folder: Path, contract: Contract, new: Sequence[Path], earlier: Sequence[Path] = ()) -> History:
    """The history of some files."""
    history = gather(connect(folder, "gather"), contract, earlier, new, folder / "history.parquet")
    assert history is not None
    return history


def prepared(
    folder: Path, contract: Contract, new: Sequence[Path], earlier: Sequence[Path] = ()
) -> tuple[PreparedRows, Signature]:
    """The rows that come of some files, written below the folder."""
    history = gathered(folder, contract, new, earlier)
    table = Table.of(contract)
    assert table is not None
    rows = prepare_table(history.connection, table, history, folder / "rows.parquet")
    signature = outputs.signature_of(rows, contract)
    outputs.write(rows, signature, folder)
    return rows, signature


def part(folder: Path, name: str) -> pa.Table:
    """One part as it was written."""
    return pq.read_table(folder / ("holdout" if name == "holdout" else "train") / f"{name}.parquet")


def parts(folder: Path) -> dict[str, pa.Table]:
    """Training, validation and hold-out rows."""
    return {name: part(folder, name) for name in ("train", "validation", "holdout")}


def scored(folder: Path) -> list[list[str]]:
    """The lines to score."""
    text = "".join(path.read_text() for path in sorted((folder / "scoring").iterdir()))
    assert '"' not in text
    return [line.split(",") for line in text.splitlines()]
