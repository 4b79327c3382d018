"""A data set's own real-time endpoint: what its contract asks for, and what it is called."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from evergreen.strict import Strict

MACHINE_PATTERN = r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$"
_LONGEST_NAME = 63  # of an endpoint or its configuration
_LONGEST_PREFIX = 10  # so that a run id of 45 characters and a digest fit behind it


class Serverless(Strict):
    """An endpoint that costs nothing while nobody asks, and starts when somebody does."""

    memory_mb: int = Field(
        default=2048, ge=1024, le=6144, multiple_of=1024, description="Memory, and with it the share of a processor."
    )
    max_concurrency: int = Field(default=5, ge=1, le=200, description="How many requests it takes at once.")


class Instances(Strict):
    """An endpoint on machines of its own, which are paid for by the hour, asked or not."""

    type: str = Field(
        default="ml.m5.large",
        max_length=40,
        pattern=MACHINE_PATTERN,
        description="SageMaker's name of the machine.",
    )
    count: int = Field(default=1, ge=1, le=100, description="How many of them.")


class Endpoint(Strict):
    """A real-time endpoint that follows the champion; `endpoint: {}` is a serverless one."""

    serverless: Serverless | None = Field(
        default=None, description="The default: see [serverless](#endpointserverless)."
    )
    instance: Instances | None = Field(
        default=None, description="Instead: machines that always run, see [instance](#endpointinstance)."
    )
    smoke_rows: int = Field(
        default=20,
        ge=1,
        le=200,
        description="How many rows a new model must answer as the batch did, before it takes the place of the old.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "Endpoint":
        if self.serverless and self.instance:
            raise ValueError("an endpoint is serverless or on instances; state one of the two")
        return self

    def variant(self, name: str, model: str) -> dict[str, Any]:
        """The production variant as SageMaker is told."""
        shared: dict[str, Any] = {"VariantName": name, "ModelName": model}
        if self.instance:
            return {
                **shared,
                "InstanceType": self.instance.type,
                "InitialInstanceCount": self.instance.count,
                "InitialVariantWeight": 1.0,
            }
        serverless = self.serverless or Serverless()
        config = {"MemorySizeInMB": serverless.memory_mb, "MaxConcurrency": serverless.max_concurrency}
        return {**shared, "ServerlessConfig": config}


def endpoint_name(stack: str, dataset: str) -> str:
    """What the endpoint of a data set is called; a long stack's is cut, so that every data set's fits."""
    name = dataset.replace("_", "-")
    return f"{stack[: _LONGEST_NAME - 1 - len(name)].rstrip('-')}-{name}"


def config_prefix(stack: str) -> str:
    """How the configurations and models of all endpoints of a stack begin."""
    return f"{stack[:_LONGEST_PREFIX].rstrip('-')}-"


def config_name(stack: str, champion: str, asked: Endpoint, around: Mapping[str, str]) -> str:
    """The configuration of an endpoint that answers with this champion: another one for whatever else is different,
    `around` being what the contract does not say, such as the image."""
    said = "\n".join(
        [asked.model_dump_json(exclude={"smoke_rows"}), *(f"{key}={around[key]}" for key in sorted(around))]
    )
    return f"{config_prefix(stack)}{champion}-{hashlib.sha256(said.encode()).hexdigest()[:6]}"
