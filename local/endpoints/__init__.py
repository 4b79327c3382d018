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

_FLEETS: dict[str, Fleet] = {}  # by the address of the cloud, of which only one runs at a time


def install(cloud: Cloud) -> None:
    """Has endpoints answer."""
    host, seams = Host(cloud), Seams(cloud)
    fleet = _FLEETS[cloud.endpoint_url] = Fleet(
        cloud.account, cloud.region, lambda *given: EndpointServer(host, *given), cloud.writes.note
    )
    for name, operation in operations(fleet).items():
        seams.replace(SageMakerResponse, name, operation)
    seams.replace(SageMakerRuntimeResponse, "invoke_endpoint", invoking(fleet))

    def forget() -> None:
        del _FLEETS[cloud.endpoint_url]

    cloud.after_close(forget)
    cloud.on_close(fleet.close)


def fleet_of(cloud: Cloud) -> Fleet:
    """The endpoints of a running cloud."""
    return _FLEETS[cloud.endpoint_url]
