"""Rows as XGBoost wants them: put into bins a batch at a time, in memory or on disk, as the rows are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import xgboost as xgb

from container.fold import Fold
from container.on_disk import batches, folder_of, forget


@dataclass(frozen=True)
class Binning:
    """How rows become bins."""

    types: list[str]  # c for a category, q for a number; no names: XGBoost refuses some
    max_bin: int
    threads: int

    def __call__(self, fold: Fold, ref: xgb.QuantileDMatrix | None = None) -> xgb.DMatrix:
        """The rows in bins of their own, or in those of other rows; bins of rows on disk are on disk, too."""
        folder = folder_of(fold.values)
        about: dict[str, Any] = {"max_bin": self.max_bin, "nthread": self.threads, "enable_categorical": True}
        if folder is None:
            return xgb.QuantileDMatrix(_Batches(fold, self.types), ref=ref, **about)
        cache = Path(mkdtemp(dir=folder, prefix="bins-"))
        return xgb.ExtMemQuantileDMatrix(_Batches(fold, self.types, cache / "bins"), ref=ref, **about)


class _Batches(xgb.DataIter):  # type: ignore[misc]
    """The same batches each time they are asked for, so that the same rows come to the same bins."""

    def __init__(self, fold: Fold, types: list[str], cache: Path | None = None) -> None:
        self._fold, self._types = fold, types
        self._left = iter(batches(fold.values))
        super().__init__(cache_prefix=None if cache is None else str(cache))

    def next(self, input_data: Callable[..., Any]) -> bool:
        """Hand over one batch; False when there is none left."""
        some = next(self._left, None)
        forget(self._fold.values)
        if some is None:
            return False
        weights = self._fold.weights
        input_data(
            data=np.asarray(self._fold.values[some]),
            label=self._fold.targets[some],
            weight=None if weights is None else weights[some],
            feature_types=self._types,
        )
        return True

    def reset(self) -> None:
        """Begin anew."""
        self._left = iter(batches(self._fold.values))
