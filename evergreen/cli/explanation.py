"""What each feature adds to a prediction: asked of the function that has the model, and shown."""

import json
from typing import Any

import boto3
from botocore.config import Config
from rich.markup import escape
from rich.table import Table

from evergreen.champions import model_of
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console, errors
from evergreen.errors import UserMustAct
from evergreen.generations import Published

_PATIENT = Config(read_timeout=90, retries={"total_max_attempts": 2})
_MOST = 8  # features shown; the rest are summed up
_NAMES = {"event": "whether it comes", "duration": "after how many days", "model": "the prediction"}


def explanation(deployment: Deployment, dataset: str, entity: str, published: Published) -> dict[str, Any]:
    """Base and additions, by predictor. Raises UserMustAct when they cannot be had."""
    if deployment.explain is None:
        raise UserMustAct("this stack has no function that explains predictions; deploy it anew")
    key = model_of(deployment.registry.history(dataset), published.champion).get("model_key")
    if not key:
        raise UserMustAct(f"the history does not say where the model of {published.champion} lies")
    asked = {"bucket": deployment.bucket, "dataset": dataset, "generation": published.generation}
    payload = json.dumps({**asked, "entity": entity, "model_key": key})
    with errors.status("Asking the model …"):
        answer = boto3.client("lambda", config=_PATIENT).invoke(FunctionName=deployment.explain, Payload=payload)
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise UserMustAct(f"it cannot be explained: {said.get('errorMessage', said)}")
    found: dict[str, Any] = said
    return found


def show_explanation(explained: dict[str, Any]) -> None:
    """A table for each predictor: the strongest features, and what they lead to."""
    for predictor, told in explained.items():
        unit = " in log-odds" if told["unit"] == "log-odds" else ""
        title = f"\nWhat moves {_NAMES.get(predictor, predictor)}{unit}"
        table = Table("feature", "value", "adds", box=None, title=title, title_justify="left")
        table.add_row("without any feature", "", f"{told['base']:.4g}")
        for each in told["features"][:_MOST]:
            table.add_row(escape(each["name"]), escape(each["value"] or "missing"), f"{each['adds']:+.4g}")
        rest = told["features"][_MOST:]
        if rest:
            table.add_row(f"{len(rest)} others together", "", f"{sum(each['adds'] for each in rest):+.4g}")
        total = told["base"] + sum(each["adds"] for each in told["features"])
        table.add_row("together", "", f"{total:.4g}")
        console.print(table)
