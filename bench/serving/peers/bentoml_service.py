"""A BentoML service with typed arrays, and text for CSV."""

import io
import os
from typing import Annotated

import bentoml
import numpy as np
import pandas as pd
import xgboost as xgb
from bentoml.validators import DType


@bentoml.service(workers=os.cpu_count() or 1)
class Trees:
    def __init__(self) -> None:
        self.booster = xgb.Booster(model_file=os.environ["BOOSTER"])

    @bentoml.api(route="/invocations")
    def invocations(self, instances: Annotated[np.ndarray, DType("float32")]) -> np.ndarray:
        return np.asarray(self.booster.inplace_predict(instances))

    @bentoml.api(route="/csv")
    def csv(self, body: str, /) -> str:
        rows = pd.read_csv(io.StringIO(body), header=None).to_numpy(np.float32)
        return "\n".join(map(str, self.booster.inplace_predict(rows).tolist())) + "\n"
