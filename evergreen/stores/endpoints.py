"""SageMaker's endpoints, their configurations and models; each call is safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from evergreen.endpoint_moves import SeenEndpoint
from evergreen.errors import EvergreenError
from evergreen.stores.faults import code_of, store_faults

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_MISSING, _THERE, _BUSY = "could not find", "already existing", "in-progress"
_REFUSALS = ("ResourceLimitExceeded", "ValidationException")


class EndpointRefused(EvergreenError):
    """SageMaker will not make it so; the message says why."""


@dataclass(frozen=True)
class Endpoints:
    """Endpoints of one account."""

    client: SageMakerClient

    def seen(self, name: str) -> SeenEndpoint | None:
        """What SageMaker says of an endpoint; None when there is none."""
        try:
            with store_faults(f"look at the endpoint {name}"):
                found = self.client.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if _says(error, _MISSING):
                return None
            raise
        # Where its creation failed SageMaker may not say which configuration it had.
        config, failure = found.get("EndpointConfigName", ""), found.get("FailureReason")
        return SeenEndpoint(status=found["EndpointStatus"], config=config, failure=failure)

    def prepare(self, config: str, model: Mapping[str, Any], variant: Mapping[str, Any]) -> None:
        """Make a model, and a configuration of the same name. Raises EndpointRefused."""
        with _refusals(f"make {config}", harmless=(_THERE,)):
            self.client.create_model(ModelName=config, **model)
        with _refusals(f"make {config}", harmless=(_THERE,)):
            self.client.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])  # type: ignore[list-item]

    def create(self, name: str, config: str) -> None:
        """Begin to make an endpoint. Raises EndpointRefused."""
        with _refusals(f"create the endpoint {name}", harmless=(_THERE,)):
            self.client.create_endpoint(EndpointName=name, EndpointConfigName=config)

    def update(self, name: str, config: str) -> None:
        """Begin to bring an endpoint to another configuration; one that is being changed is left to that."""
        with _refusals(f"update the endpoint {name}", harmless=(_BUSY,)):
            self.client.update_endpoint(EndpointName=name, EndpointConfigName=config)

    def delete(self, name: str) -> None:
        """Begin to take an endpoint away."""
        with _refusals(f"delete the endpoint {name}", harmless=(_MISSING, _BUSY)):
            self.client.delete_endpoint(EndpointName=name)

    def forget(self, config: str) -> None:
        """Delete a configuration that nothing uses any more, and its model."""
        with _refusals(f"delete {config}", harmless=(_MISSING,)):
            self.client.delete_endpoint_config(EndpointConfigName=config)
        with _refusals(f"delete {config}", harmless=(_MISSING,)):
            self.client.delete_model(ModelName=config)


@contextmanager
def _refusals(doing: str, *, harmless: tuple[str, ...]) -> Iterator[None]:
    try:
        with store_faults(doing):
            yield
    except ClientError as error:
        if _says(error, *harmless):
            return
        if code_of(error) in _REFUSALS:
            raise EndpointRefused(f"{doing}: {error.response['Error']['Message']}") from error
        raise


def _says(error: ClientError, *words: str) -> bool:
    """SageMaker has one code for all of them, and tells them apart by words."""
    said = error.response.get("Error", {}).get("Message", "").lower()
    return code_of(error) == "ValidationException" and any(each in said for each in words)
