"""`GET /predictions/<data set>/<entity>`, `POST /predictions/<data set>`: what is published, by key."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path

from evergreen.stores.published import Seen
from functions.api.answers import Entities, OnePrediction, Prediction, SomePredictions
from functions.api.datasets import DatasetId
from functions.api.deployment import Deployment
from functions.api.measuring import Measure
from functions.api.refusals import NoPrediction, NothingPublished
from functions.api.responses import described

Entity = Annotated[str, Path(description="Whose prediction, as the contract's entity is written.", examples=["17850"])]


def predictions(app: APIGatewayHttpResolver, deployment: Deployment, measure: Measure) -> None:
    """Reading by key; every answer is of one generation."""

    def seen(dataset: str, entities: list[str]) -> Seen:
        deployment.contracts[dataset]  # raises where there is none
        found = deployment.published.read(dataset, entities)
        if found is None:
            raise NothingPublished(dataset)
        measure.model_version = str(found.published["champion"])
        return found

    @app.get(
        "/predictions/<dataset>/<entity>",
        summary="One entity's prediction",
        tags=["predictions"],
        responses=described(OnePrediction, 404, 409),
    )
    def one(dataset: DatasetId, entity: Entity) -> OnePrediction:
        found = seen(dataset, [entity])
        if entity not in found.predictions:
            rows, generation = found.published.get("rows", 0), found.published["generation"]
            sample = [str(found.published["sample"])] if found.published.get("sample") else []
            raise NoPrediction(f"no prediction for {entity!r} among the {rows:,} of {generation}", sample)
        return OnePrediction.model_validate({"dataset": dataset, **_shared(found), **found.predictions[entity]})

    @app.post(
        "/predictions/<dataset>",
        summary="Several entities' predictions, all of one generation",
        tags=["predictions"],
        responses=described(SomePredictions, 404, 409, 413, 415),
    )
    def some(dataset: DatasetId, body: Entities) -> SomePredictions:
        wanted = list(dict.fromkeys(body.entities))
        found = seen(dataset, wanted)
        return SomePredictions(
            dataset=dataset,
            generation=str(found.published["generation"]),
            predictions=[Prediction.model_validate(_shared(found) | each) for each in found.predictions.values()],
            missing=[each for each in wanted if each not in found.predictions],
        )


def _shared(found: Seen) -> dict[str, str]:
    """What items of before did not say themselves."""
    as_of = found.published.get("as_of")
    return {"generation": str(found.published["generation"]), **({"as_of": str(as_of)} if as_of else {})}
