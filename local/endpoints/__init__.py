"""SageMaker's real-time endpoints as processes of the container's `serve`, or in its image. moto's answer nothing."""

from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from local.cloud import Cloud
from local.endpoints.api import operations
from local.endpoints.fleet import Fleet
from local.endpoints.runtime import invoking
from local.endpoints.server import EndpointServer
from local.jobs.host import Host
from local.seams import Seams


def install(cloud: Cloud) -> None:
    """Has endpoints answer."""
    host, seams = Host(cloud), Seams(cloud)
    fleet = cloud.keep(
        Fleet(cloud.account, cloud.region, lambda *given: EndpointServer(host, *given), cloud.writes.note)
    )
    for name, operation in operations(fleet).items():
        seams.replace(SageMakerResponse, name, operation)
    seams.replace(SageMakerRuntimeResponse, "invoke_endpoint", invoking(fleet))
    cloud.on_close(fleet.close)
