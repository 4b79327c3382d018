"""`POST /crm_segment_update`: has the CRM told of one customer, even if it knows."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.answers import SegmentUpdate
from functions.api.deployment import Deployment
from functions.api.refusals import NoSegment, NothingPublished
from functions.api.responses import described

CustomerId = Annotated[
    str, Query(description="The customer, as the contract's entity is written.", min_length=1, max_length=1000)
]
DatasetWithSegments = Annotated[
    str | None, Query(description="The data set; needed only where several have segments.", max_length=30)
]


def crm(app: APIGatewayHttpResolver, deployment: Deployment) -> None:
    """One customer on demand; all whose segment changed are told of by themselves."""

    @app.post(
        "/crm_segment_update",
        summary="Tell the CRM of one customer's segment",
        tags=["crm"],
        responses=described(SegmentUpdate, 404, 409, good=202),
    )
    def update(customer_id: CustomerId, dataset: DatasetWithSegments = None) -> Response[SegmentUpdate]:
        asked = _dataset(deployment, dataset)
        want = deployment.segment_queue.ask(deployment.segments, asked, customer_id)
        if want is None:
            if deployment.published.read(asked, []) is None:
                raise NothingPublished(asked)
            raise NoSegment(f"no segment of {customer_id!r} was ever published for {asked}", [asked])
        said = SegmentUpdate(dataset=asked, customer_id=customer_id, segment=want.segment, event_id=want.event_id)
        return Response(202, "application/json", said)


def _dataset(deployment: Deployment, dataset: str | None) -> str:
    """The data set that is meant. Raises UnknownDataset, NoSegment."""
    segmented = [each for each in sorted(deployment.contracts.ids) if deployment.contracts[each].contract.segments]
    if dataset is None and len(segmented) == 1:
        return segmented[0]
    if dataset is None:
        raise NoSegment(f"say which data set: ?dataset=…&customer_id=…; {len(segmented)} have segments", segmented)
    if not deployment.contracts[dataset].contract.segments:
        raise NoSegment(f"the contract of {dataset} states no segments", segmented)
    return dataset
