"""The resources of one stack: what the template wants is compared with what is there, resource by resource."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json
from moto.ssm.models import ssm_backends

from local.cloud import Cloud
from local.cloudformation.order import creation_order
from local.cloudformation.registry import TYPES
from local.cloudformation.resource import Properties, Resource

log = logging.getLogger(__name__)

Report = Callable[[Resource, str, str | None], None]  # resource, status, reason: becomes a stack event


class DeploymentFailed(Exception):
    """A resource could not be created, updated or deleted; the stack events say why."""


class Deployment(ResourceMap):  # type: ignore[misc]  # moto is untyped
    """moto's map of names to values for one stack, with the resources that exist and the way to change them."""

    # Set for the class by stacks.install, since it is moto that constructs the map.
    cloud: Cloud
    retained: Counter[tuple[str, str]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deployed: dict[str, Resource] = {}
        self._ssm_names: dict[str, str] = {}  # by what they held
        self._leftovers: list[Resource] = []  # replaced, or to replace in an update that failed

    def __getitem__(self, key: str) -> Any:
        if key in self.deployed:
            return self.deployed[key]
        if key not in self._parsed_resources:
            raise ValidationError(message=f"Template error: unresolved reference to {key}")
        return self._parsed_resources[key]

    def parse_ssm_parameter(self, value: str, value_type: str) -> Any:
        """What the SSM parameter of this name holds; refused when there is none.

        For a parameter that is to keep its previous value, moto gives what the name held instead of the name.
        """
        name = self._ssm_names.get(value, value)
        if ssm_backends[self._account_id][self._region_name].get_parameter(name) is None:
            raise ValidationError(message=f"Unable to fetch parameter [{name}] from parameter store for this account.")
        held = super().parse_ssm_parameter(name, value_type)
        self._ssm_names[",".join(held) if isinstance(held, list) else held] = name
        return held

    @property
    def resources(self) -> Iterable[str]:
        return self.deployed.keys()

    def read(self, template: dict[str, Any], parameters: dict[str, Any]) -> None:
        """Takes in another template with its parameters, mappings and conditions."""
        self._template = template
        self._resource_json_map = template.get("Resources", {})
        self.input_parameters = parameters
        self.resolved_parameters: dict[str, Any] = {}
        self.load()

    def converge(self, report: Report) -> None:
        """Makes what is deployed equal to what the template wants; what goes, goes last."""
        wanted = {name: spec for name, spec in self._resource_json_map.items() if self._applies(spec)}
        replaced: dict[str, Resource] = {}
        try:
            for name in creation_order(wanted):
                before = self.deployed.get(name)
                self.deployed[name] = self._put(name, wanted[name], report)
                if before and before.physical_id != self.deployed[name].physical_id:
                    replaced[name] = before
        except DeploymentFailed:
            self._go_back_to(replaced)
            raise
        obsolete = [self.deployed.pop(name) for name in list(self.deployed) if name not in wanted]
        goers, self._leftovers = [*obsolete, *self._leftovers, *replaced.values()], []
        for resource in reversed(goers):
            self._delete(resource, report)

    def _go_back_to(self, replaced: dict[str, Resource]) -> None:
        """Has what was replaced in vain stand for its name again; its replacements go with the rollback."""
        for name, before in replaced.items():
            self.deployed[name].retain = False
            self._leftovers.append(self.deployed[name])
            self.deployed[name] = before

    def remove_all(self, report: Report) -> None:
        """Deletes every resource that the template does not want retained, dependants first."""
        for name in reversed(list(self.deployed)):
            self._delete(self.deployed[name], report)
            del self.deployed[name]

    def _applies(self, spec: dict[str, Any]) -> bool:
        return "Condition" not in spec or bool(self.lazy_condition_map[spec["Condition"]])

    def _put(self, name: str, spec: dict[str, Any], report: Report) -> Resource:
        wanted, before = self._resource(name, spec), self.deployed.get(name)
        verb = "UPDATE" if before else "CREATE"
        try:
            wanted.properties = Properties(_without_no_value(clean_json(spec.get("Properties", {}), self)))
            if before and (before.type_name, before.properties) == (wanted.type_name, wanted.properties):
                before.retain, before.retain_replaced = wanted.retain, wanted.retain_replaced
                return before
            kept = before if before and _can_be_updated(before, wanted) else None
            report(wanted, f"{verb}_IN_PROGRESS", None)
            wanted.physical_id, wanted.attributes = TYPES[wanted.type_name].put(wanted, kept)
        except Exception as error:
            report(wanted, f"{verb}_FAILED", _reason(error))
            raise DeploymentFailed(f"{wanted.logical_id} ({wanted.type_name}): {_reason(error)}") from error
        if before and not kept:
            before.retain = before.retain_replaced
        _warn_of_unread(wanted, before)
        report(wanted, f"{verb}_COMPLETE", None)
        return wanted

    def _resource(self, name: str, spec: dict[str, Any]) -> Resource:
        stack_name = str(self["AWS::StackName"])
        return Resource(
            self.cloud,
            stack_name,
            name,
            spec["Type"],
            immutable=TYPES[spec["Type"]].immutable,
            generation=self.retained[stack_name, name],
            retain=spec.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate"),
            retain_replaced=spec.get("UpdateReplacePolicy") == "Retain",
        )

    def _delete(self, resource: Resource, report: Report) -> None:
        if resource.retain:
            self.retained[resource.stack_name, resource.logical_id] += 1
            report(resource, "DELETE_SKIPPED", None)
            return
        report(resource, "DELETE_IN_PROGRESS", None)
        try:
            TYPES[resource.type_name].delete(resource)
        except Exception as error:
            if not _is_gone(error):
                report(resource, "DELETE_FAILED", _reason(error))
                raise DeploymentFailed(f"{resource.logical_id} ({resource.type_name}): {_reason(error)}") from error
        report(resource, "DELETE_COMPLETE", None)


def _warn_of_unread(resource: Resource, before: Resource | None) -> None:
    properties, earlier = dict(resource.properties), dict(before.properties) if before else {}
    known = {*resource.properties.read, *resource.immutable, *TYPES[resource.type_name].without, "Tags"}
    for name in properties.keys() - known:
        if properties[name] != earlier.get(name):
            what = resource.logical_id, resource.type_name, name
            log.warning("%s (%s): the laptop cloud does nothing with %s", *what)


def _can_be_updated(before: Resource, wanted: Resource) -> bool:
    fixed = wanted.immutable
    return before.type_name == wanted.type_name and before.given(*fixed) == wanted.given(*fixed)


def _without_no_value(value: Any) -> Any:
    # moto drops what AWS::NoValue makes empty from objects, but leaves None in lists.
    if isinstance(value, dict):
        return {key: _without_no_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_no_value(item) for item in value if item is not None]
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return f"{details['Message']} (Service: {error.operation_name}, Error code: {details['Code']})"
    return f"{type(error).__name__}: {error}"


def _is_gone(error: Exception) -> bool:
    code = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "NotExist"))
