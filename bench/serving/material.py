"""What every server gets: the same models, and the same rows as bodies of requests."""

import hashlib
import shutil
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from bench.serving.rows import FEATURES, Text, generate, targets
from container.algorithms.xgboost.predictor import Booster
from container.model import Model
from container.signature import OUTPUTS, Feature, Signature, features_hash

HERE = Path(__file__).parent
MB = 1 << 20
TREES = (400, 100)
LEARNED_ROWS, BATCH, SINGLE_ROWS, LARGE = 100_000, 6 * MB, 32, 50 * MB
SETTINGS = {"objective": "reg:squarederror", "max_depth": 6, "eta": 0.05, "min_child_weight": 1, "seed": 7}

Form = Literal["csv", "csv_with_header", "instances", "dataframe_split"]
FORMS: tuple[Form, ...] = ("csv", "csv_with_header", "instances", "dataframe_split")
Predictions = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """One model with the bodies, and what XGBoost itself predicts for them."""

    folder: Path
    trees: int

    @property
    def base(self) -> Path:
        """What our container finds as /opt/ml."""
        return self.folder / f"trees-{self.trees}"

    @property
    def booster(self) -> Path:
        return self.base / "model" / "model.ubj"

    @property
    def values(self) -> Path:
        """The rows of a batch as numbers, ready for XGBoost."""
        return self.folder / "batch.npy"

    @property
    def large(self) -> Path:
        return self.folder / "large.csv"

    def batch(self, form: Form) -> Path:
        return self.folder / f"batch.{form}"

    def single_rows(self, form: Form) -> list[Path]:
        return [self.folder / f"row-{number:02}.{form}" for number in range(SINGLE_ROWS)]

    def predictions(self) -> Predictions:
        """XGBoost's own, of the batch; its first rows are the single ones."""
        return np.asarray(np.load(self.base / "predictions.npy"))


def make(build: Path) -> dict[int, Material]:
    """Train the models and write the bodies, unless they are there from before."""
    recipe = b"".join((HERE / name).read_bytes() for name in ("rows.py", "material.py"))
    folder = build / f"material-{hashlib.sha256(recipe).hexdigest()[:12]}"
    found = {trees: Material(folder, trees) for trees in TREES}
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        print(f"Training a model of {max(TREES)} trees on {LEARNED_ROWS:,} generated rows …", flush=True)
        values = _write_bodies(partial)
        _write_models(partial, values)
        partial.rename(folder)
    return found


def _write_bodies(folder: Path) -> NDArray[np.float32]:
    values = generate(60_000, seed=13)
    sizes = accumulate(len(line) + 1 for line in Text(values).lines)
    values = values[: sum(size <= BATCH for size in sizes)]
    batch = Text(values)
    for form in ("csv", "csv_with_header"):
        (folder / f"batch.{form}").write_text(getattr(batch, form))
    with (folder / "large.csv").open("w") as large:
        for _ in range(LARGE // len(batch.csv) + 1):
            large.write(batch.csv)
    for number in range(SINGLE_ROWS):
        row = Text(values[number : number + 1])
        for form in FORMS:
            (folder / f"row-{number:02}.{form}").write_text(getattr(row, form))
    ready = values.astype(np.float32)
    np.save(folder / "batch.npy", ready)
    return ready


def _write_models(folder: Path, values: NDArray[np.float32]) -> None:
    learned = generate(LEARNED_ROWS, seed=17)
    rows = xgb.QuantileDMatrix(learned.astype(np.float32), label=targets(learned))
    booster = xgb.train({**SETTINGS, "tree_method": "hist"}, rows, num_boost_round=max(TREES))
    for trees in TREES:
        part = booster[:trees]
        base = folder / f"trees-{trees}"
        training = {"algorithm": "xgboost", "hyperparameters": SETTINGS, "rows": LEARNED_ROWS}
        Model({"model": Booster(part)}, _signature(), training).save(base / "model")
        np.save(base / "predictions.npy", part.inplace_predict(values))


def _signature() -> Signature:
    features = tuple(Feature(name, "number") for name in FEATURES)
    return Signature(
        dataset="bench",
        task="regression",
        entity="item",
        features=features,
        features_hash=features_hash(features, {"target": "target"}),
        target="target",
        outputs=OUTPUTS["regression"],
        split="by hash",
    )
