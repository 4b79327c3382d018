"""The functions that bring others up to what a data set shows now: asked to look, and not waited for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


@dataclass(frozen=True)
class Followers:
    """Each compares and tells what differs, so asking once more than needed does no harm."""

    client: LambdaClient
    functions: Sequence[str]

    def ask(self, dataset: str) -> None:
        """Have each of them look at a data set soon; Lambda itself tries again what fails."""
        payload = json.dumps({"dataset": dataset})
        for function in self.functions:
            with store_faults(f"ask {function} to look at {dataset}"):
                self.client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
