"""`POST /predict/{dataset}`: rows scored now, with the champion."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from evergreen.scoring import Refusal, ScoringRequest
from functions.api.answers import Rows, Scored
from functions.api.datasets import DatasetId
from functions.api.deployment import Deployment
from functions.api.measuring import Measure
from functions.api.refusals import RowsRefused
from functions.api.responses import described


def predict(app: APIGatewayHttpResolver, deployment: Deployment, measure: Measure) -> None:
    """Scoring what is sent."""

    @app.post(
        "/predict/<dataset>",
        summary="Score rows with the champion",
        tags=["predict"],
        responses=described(Scored, 404, 409, 413, 415, 502),
    )
    def score(dataset: DatasetId, body: Rows) -> Scored:
        contract = deployment.contracts[dataset].contract  # raises where there is no such data set
        stated = contract.observed_yield
        log = stated is not None and stated.log_scores
        answer = deployment.scoring.score(
            ScoringRequest(
                dataset=dataset,
                rows=body.rows,
                explain=body.explain,
                log=log,
                endpoint=deployment.endpoint(dataset) if contract.endpoint else None,
            )
        )
        if isinstance(answer, Refusal):
            measure.model_version = answer.champion or ""
            raise RowsRefused(answer)
        measure.model_version = answer["champion"]
        return Scored.model_validate(answer)
