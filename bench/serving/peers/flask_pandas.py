"""The usual bring-your-own-container example: Flask, pandas and a DMatrix, behind gunicorn."""

import io
import os

import flask
import pandas as pd
import xgboost as xgb

FEATURES = [f"f{place}" for place in range(30)]

app = flask.Flask(__name__)
booster = xgb.Booster(model_file=os.environ["BOOSTER"])


@app.get("/ping")
def ping() -> flask.Response:
    return flask.Response("\n", mimetype="application/json")


@app.post("/invocations")
def invocations() -> flask.Response:
    if flask.request.content_type == "text/csv":
        rows = pd.read_csv(io.BytesIO(flask.request.data), header=None, names=FEATURES)
        lines = pd.DataFrame({"prediction": predict(rows)}).to_csv(header=False, index=False)
        return flask.Response(lines, mimetype="text/csv")
    instances = flask.request.get_json()["instances"]
    found = predict(pd.DataFrame(instances, columns=FEATURES, dtype=float))
    return flask.jsonify(predictions=found)


def predict(rows: pd.DataFrame) -> list[float]:
    return [float(value) for value in booster.predict(xgb.DMatrix(rows))]
