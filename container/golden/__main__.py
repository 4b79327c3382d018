"""`python -m container.golden FOLDER ROWS`: as many rows of a hold-out, evenly drawn, as JSON on stdout."""

import sys
from math import isnan
from pathlib import Path

import numpy as np

from container.rows import LabelledRows
from container.signature import Signature
from evergreen.verification import GoldenRows


def golden_rows(folder: Path, most: int) -> GoldenRows:
    """Features as they were prepared, and what became of the rows."""
    signature = Signature.from_json((folder / "signature.json").read_bytes())
    rows = LabelledRows.read(folder / "holdout.parquet", signature)
    places = np.unique(np.linspace(0, len(rows.targets) - 1, num=min(most, len(rows.targets))).astype(int))
    names = [feature.name for feature in signature.features]
    targets = rows.targets[places].tolist()
    return GoldenRows(
        task=signature.task,
        target=signature.target,
        classes=signature.classes,
        features=tuple(names),
        rows=tuple(rows.table.select(names).take(places).to_pylist()),
        actual=tuple(_outcome(each, signature) for each in targets),
    )


def _outcome(target: float, signature: Signature) -> float | str | None:
    """The class or the value; None where no event came."""
    if signature.classes:
        return signature.classes[int(target)]
    return None if isnan(target) else target


if __name__ == "__main__":
    sys.stdout.write(golden_rows(Path(sys.argv[1]), int(sys.argv[2])).model_dump_json())
