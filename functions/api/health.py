"""`GET /health`, `GET /metrics`: whether all is well, and how much is asked."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from evergreen.request_metrics import exposition
from functions.api.answers import DatasetHealth, Health
from functions.api.deployment import Deployment
from functions.api.responses import described

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def health(app: APIGatewayHttpResolver, deployment: Deployment) -> None:
    """For those who look after the service."""

    @app.get("/health", summary="Which champion is loaded", tags=["service"], responses=described(Health, 502))
    def healthy() -> Health:
        standings, loaded = deployment.standings.of(sorted(deployment.contracts.ids)), deployment.scoring.loaded()
        return Health(
            status="ok",
            datasets={
                dataset: DatasetHealth(champion=standing.get("CHAMPION", {}).get("run_id"), loaded=loaded.get(dataset))
                for dataset, standing in standings.items()
            },
        )

    @app.get(
        "/metrics",
        summary="Prometheus metrics",
        tags=["service"],
        responses={200: {"description": "Prometheus' text format", "content": {"text/plain": {}}}},
    )
    def metrics() -> Response[str]:
        deployment.counts.write()
        return Response(200, PROMETHEUS, exposition(deployment.counts.read(), _segment_updates(deployment)))


def _segment_updates(deployment: Deployment) -> dict[str, int]:
    """How many updates the CRM has taken, as DeliverSegments counts them."""
    segmented = (each for each in deployment.contracts.ids if deployment.contracts[each].contract.segments)
    return {dataset: int(deployment.segments.status(dataset).get("updates_total", 0)) for dataset in segmented}
