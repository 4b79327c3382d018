"""A synthesized template as the tests ask about it: by resource type, with intrinsic functions as readable text."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

POLICY_DOCUMENTS = {
    "AWS::IAM::Policy": "PolicyDocument",
    "AWS::IAM::ManagedPolicy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::ECR::Repository": "RepositoryPolicyText",
}


def text(value: Any) -> str:
    """A Ref as `${Id}`, a GetAtt as `${Id.Attribute}`, a Join as its parts in a row."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text(part) for part in parts)
        case {"Fn::Sub": str(template)}:
            return template
    raise TypeError(f"no rendering for {value!r}")


def texts(value: Any) -> list[str]:
    return [text(each) for each in value] if isinstance(value, list) else [text(value)]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, and the resource whose policy it is."""

    policy: str
    said: dict[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.said["Effect"] == "Allow")

    @property
    def actions(self) -> list[str]:
        return texts(self.said["Action"])

    @property
    def resources(self) -> list[str]:
        return texts(self.said["Resource"])

    @property
    def conditions(self) -> dict[str, Any]:
        found: dict[str, Any] = self.said.get("Condition", {})
        return found

    def permits(self, action: str, resource: str) -> bool:
        """Whether this statement alone allows the action on the resource, conditions left aside."""
        return self.allows and action in self.actions and any(fnmatchcase(resource, each) for each in self.resources)


class Template:
    """A CloudFormation template."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.resources: dict[str, dict[str, Any]] = document["Resources"]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical id."""
        return {name: each.get("Properties", {}) for name, each in self.resources.items() if each["Type"] == kind}

    def one(self, kind: str) -> tuple[str, dict[str, Any]]:
        """The only resource of a type."""
        ((name, properties),) = self.of(kind).items()
        return name, properties

    def named(self, kind: str, part: str) -> tuple[str, dict[str, Any]]:
        """The only resource of a type whose logical id has this part."""
        ((name, properties),) = ((name, each) for name, each in self.of(kind).items() if part in name)
        return name, properties

    def statements(self) -> Iterator[Statement]:
        """Every statement of every policy: of roles, buckets, queues, topics and keys."""
        for kind, document in POLICY_DOCUMENTS.items():
            for name, properties in self.of(kind).items():
                for said in properties.get(document, {}).get("Statement", []):
                    yield Statement(name, said)
        for name, role in self.of("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                for said in policy["PolicyDocument"]["Statement"]:
                    yield Statement(name, said)

    def statements_of(self, role: str) -> list[Statement]:
        """What a role (its logical id) may do."""
        policies = {
            name for name, each in self.of("AWS::IAM::Policy").items() if f"${{{role}}}" in texts(each["Roles"])
        }
        return [each for each in self.statements() if each.policy in policies | {role}]

    def function(self, folder: str) -> tuple[str, dict[str, Any]]:
        """The function made of `functions/<folder>/`."""
        ((name, properties),) = (
            (name, each)
            for name, each in self.of("AWS::Lambda::Function").items()
            if each.get("Handler") == f"functions.{folder}.handler.handler"
        )
        return name, properties

    def image_functions(self) -> dict[str, dict[str, Any]]:
        """The functions made of the container's image."""
        return {
            name: each for name, each in self.of("AWS::Lambda::Function").items() if each.get("PackageType") == "Image"
        }

    def image_function(self, module: str) -> tuple[str, dict[str, Any]]:
        """The function of the image whose handler is in `container/<module>.py`."""
        command = [f"container.{module}.handler"]
        ((name, properties),) = (
            (name, each) for name, each in self.image_functions().items() if each["ImageConfig"]["Command"] == command
        )
        return name, properties


def role_of(properties: dict[str, Any], key: str = "Role") -> str:
    """The logical id of the role that a resource's property names."""
    return text(properties[key]).removeprefix("${").removesuffix(".Arn}")
