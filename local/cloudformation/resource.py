"""One resource of a stack, and how a type of resource comes and goes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from local.cloud import Cloud

Structure = dict[str, Any]
Made = tuple[str, dict[str, Any]]  # the physical id, which Ref gives, and the attributes, which Fn::GetAtt gives


class Properties(dict[str, Any]):
    """The properties of a resource, which remember those that its handler looked at."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default."""
        self.read.add(name)
        return super().get(name, default)

    def items(self) -> Any:
        """Every name and value."""
        self.read.update(self)
        return super().items()


@dataclass
class Resource:
    """A resource as the template wants it and, once it is made, as it is."""

    cloud: Cloud
    stack_name: str
    logical_id: str
    type_name: str
    properties: Properties = field(default_factory=Properties)
    immutable: tuple[str, ...] = ()
    generation: int = 0  # how many of its predecessors were retained, and still have the earlier names
    retain: bool = False  # DeletionPolicy: Retain
    retain_replaced: bool = False  # UpdateReplacePolicy: Retain
    physical_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of the service that creates this resource."""
        return self.cloud.client(service)

    def given(self, *names: str) -> Structure:
        """Those of the named properties that the template sets."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def name(self, name_property: str = "", limit: int = 64, lower: bool = False) -> str:
        """The name the template gives, or one made of stack, logical id and a hash, the same in every deployment.

        The hash covers the immutable properties, so that a replacement gets another name than what it replaces,
        and nothing else, so that a restored cloud finds its buckets and tables under their old names.
        """
        if name_property in self.properties:
            return str(self.properties[name_property])
        fixed = [self.stack_name, self.logical_id, self.generation, self.given(*self.immutable)]
        suffix = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:12]
        stem = f"{self.stack_name}-{self.logical_id}"[: limit - 13].rstrip("-")
        name = f"{stem}-{suffix}"
        return name.lower() if lower else name

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and region."""
        return f"arn:aws:{service}:{self.cloud.region}:{self.cloud.account}:{rest}"

    # What moto reads of a resource, by its names for it.

    @property
    def physical_resource_id(self) -> str:
        return self.physical_id

    @property
    def logical_resource_id(self) -> str:
        return self.logical_id

    @property
    def cf_resource_type(self) -> str:
        return self.type_name

    @classmethod
    def has_cfn_attr(cls, _name: str) -> bool:
        """Leaves the answer to get_cfn_attribute, which knows the type."""
        return True

    def get_cfn_attribute(self, name: str) -> Any:
        """The value of Fn::GetAtt."""
        if name not in self.attributes:
            raise ValidationError(
                message=f"Template error: resource {self.logical_id} does not support attribute type {name} in "
                f"Fn::GetAtt; the laptop cloud gives a {self.type_name} {sorted(self.attributes)}"
            )
        return self.attributes[name]


@dataclass(frozen=True)
class ResourceType:
    """How resources of one type are made or brought up to date, and how they are deleted."""

    put: Callable[[Resource, Resource | None], Made]
    """Creates the resource when the second argument is None, else brings that one up to date."""
    delete: Callable[[Resource], None]
    immutable: tuple[str, ...] = ()
    """Properties whose change makes a new resource, as the CloudFormation reference has it ("Replacement")."""
    without: tuple[str, ...] = ()
    """Properties that make no difference on a laptop; others that no handler looks at are warned of."""


def as_json(value: Any) -> str:
    """A document as the APIs take it: text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value)


def lower_first(value: Any) -> Any:
    """The same structure with keys in the lower camel case of some APIs."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: lower_first(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_first(item) for item in value]
    return value


def nothing(_resource: Resource) -> None:
    """Deletes nothing, since the resource goes with the one it belongs to."""
