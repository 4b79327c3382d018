"""`GET /datasets`, `GET /datasets/{dataset}`."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.api.answers import DatasetInBrief, DatasetInFull, DatasetList
from functions.api.deployment import Deployment
from functions.api.responses import described

DatasetId = Annotated[str, Path(description="The data set.", examples=["next_purchase"], max_length=30)]
_RUNS = 5


def datasets(app: APIGatewayHttpResolver, deployment: Deployment) -> None:
    """What there is, and what is in use of it."""

    @app.get("/datasets", summary="Every data set", tags=["datasets"], responses=described(DatasetList))
    def every() -> DatasetList:
        standings = deployment.standings.of(sorted(deployment.contracts.ids))
        listed = []
        for dataset, standing in standings.items():
            contract = deployment.contracts[dataset].contract
            in_brief = DatasetInBrief(
                id=dataset,
                description=contract.description,
                task=contract.task,
                champion=standing.get("CHAMPION", {}).get("run_id"),
                generation=standing.get("PUBLISHED", {}).get("generation"),
            )
            listed.append(in_brief)
        return DatasetList(datasets=listed)

    @app.get("/datasets/<dataset>", summary="One data set", tags=["datasets"], responses=described(DatasetInFull, 404))
    def one(dataset: DatasetId) -> DatasetInFull:
        contract = deployment.contracts[dataset].contract
        standing = deployment.standings.of([dataset])[dataset]
        stated = contract.observed_yield
        return DatasetInFull.model_validate(
            {
                "id": dataset,
                "description": contract.description,
                "task": contract.task,
                "entity": contract.entity,
                "champion": standing.get("CHAMPION"),
                "published": standing.get("PUBLISHED"),
                "yield": {"threshold": stated.threshold, "measured": deployment.measured_yield(dataset)}
                if stated
                else None,
                "endpoint": standing.get("ENDPOINT"),
                "last_runs": deployment.standings.last_runs(dataset, _RUNS),
            }
        )
