"""Save a booster as an MLflow model, for `mlflow models serve`: BOOSTER FOLDER."""

import sys

import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import infer_signature

FEATURES = [f"f{place}" for place in range(30)]


def save(booster: xgb.Booster, folder: str) -> None:
    booster.feature_names = FEATURES
    rows = pd.DataFrame(np.full((2, len(FEATURES)), 0.5), columns=FEATURES)
    signature = infer_signature(rows, booster.predict(xgb.DMatrix(rows)))
    mlflow.xgboost.save_model(booster, folder, signature=signature, model_format="ubj")


if __name__ == "__main__":
    save(xgb.Booster(model_file=sys.argv[1]), sys.argv[2])
