"""FastAPI with a pydantic model of the request, pandas and a DMatrix, behind uvicorn."""

import io
import os

import pandas as pd
import xgboost as xgb
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

FEATURES = [f"f{place}" for place in range(30)]

app = FastAPI()
booster = xgb.Booster(model_file=os.environ["BOOSTER"])


class Rows(BaseModel):
    instances: list[list[float | None]]


class Answer(BaseModel):
    predictions: list[float]


@app.get("/ping")
def ping() -> Response:
    return Response()


@app.post("/invocations")
def invocations(rows: Rows) -> Answer:
    return Answer(predictions=predict(pd.DataFrame(rows.instances, columns=FEATURES, dtype=float)))


@app.post("/csv")
async def csv(request: Request) -> Response:
    lines = await run_in_threadpool(score_csv, await request.body())
    return Response(lines, media_type="text/csv")


def score_csv(body: bytes) -> str:
    rows = pd.read_csv(io.BytesIO(body), header=None, names=FEATURES)
    return str(pd.DataFrame({"prediction": predict(rows)}).to_csv(header=False, index=False))


def predict(rows: pd.DataFrame) -> list[float]:
    return [float(value) for value in booster.predict(xgb.DMatrix(rows))]
