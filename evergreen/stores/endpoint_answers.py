"""Asking an endpoint for predictions, as anybody would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from evergreen.errors import EvergreenError
from evergreen.stores.faults import store_faults


class EndpointFailed(EvergreenError):
    """The endpoint did not answer as an endpoint of ours does; the message says how."""


@dataclass(frozen=True)
class EndpointAnswers:
    """The endpoints of one account, from the side of those who ask."""

    client: Any  # of sagemaker-runtime

    def score(self, name: str, instances: Sequence[Sequence[Any]], champion: str) -> list[str]:
        """One line for each row of features, as batch transform writes them. Raises EndpointFailed.

        Each variant bears the name of its champion, so an answer says whose it is.
        """
        try:
            with store_faults(f"ask the endpoint {name}"):
                answer = self.client.invoke_endpoint(
                    EndpointName=name,
                    ContentType="application/json",
                    Accept="text/csv",
                    Body=json.dumps({"instances": instances}).encode(),
                )
        except ClientError as error:
            raise EndpointFailed(f"the endpoint {name}: {error.response['Error'].get('Message', error)}") from error
        lines: list[str] = answer["Body"].read().decode().splitlines()
        if answer["InvokedProductionVariant"] != champion:
            raise EndpointFailed(f"the endpoint {name} answers with {answer['InvokedProductionVariant']}")
        if len(lines) != len(instances):
            raise EndpointFailed(f"the endpoint {name} answered {len(lines)} lines to {len(instances)} rows")
        return lines
