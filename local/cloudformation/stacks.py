"""Creating, updating and deleting stacks, with the statuses and events that CloudFormation gives."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Event, Stack
from moto.cloudformation.utils import generate_stack_id

from local.cloud import Cloud
from local.cloudformation.deployment import Deployment, DeploymentFailed, Report
from local.cloudformation.resource import Resource
from local.seams import Seams

log = logging.getLogger(__name__)

_BY_USER = "User Initiated"


class ChangeSetNotFound(CloudFormationError):  # type: ignore[misc]  # moto is untyped
    """What the CDK waits for after it deleted a change set."""

    code = "ChangeSetNotFound"


def install(cloud: Cloud) -> None:
    """Replaces what moto does on CreateStack, UpdateStack, ExecuteChangeSet and DeleteStack."""
    seams = Seams(cloud)
    one_at_a_time = threading.RLock()

    def create_stack(backend: Any, name: str, template: str, parameters: dict[str, Any], **options: Any) -> Stack:
        with one_at_a_time:
            if name in [stack.name for stack in backend.stacks.values()]:
                raise AlreadyExistsException(f"Stack {name} already exists")
            options.pop("stack_policy_body", None)
            stack = Stack(
                stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
                name=name,
                template=template,
                parameters=parameters,
                account_id=backend.account_id,
                region_name=backend.region_name,
                cross_stack_resources=backend.exports,
                **options,
            )
            backend.stacks[stack.stack_id] = stack
            _create(backend, stack)
            return stack

    def update_stack(
        backend: Any, *, name: str, template: str, role_arn: str | None, parameters: Any, tags: dict[str, str] | None
    ) -> Stack:
        with one_at_a_time:
            stack = backend.get_stack(name)
            resolved = backend._resolve_update_parameters(instance=stack, incoming_params=parameters)
            stack.tags = tags or stack.tags
            _update(backend, stack, template, resolved)
            return stack

    def describe_change_set(backend: Any, change_set_name: str) -> Any:
        for name, change_set in backend.change_sets.items():
            if change_set_name in (name, change_set.change_set_name):
                return change_set
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist")

    def execute_change_set(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
        with one_at_a_time:
            change_set = describe_change_set(backend, change_set_name)
            stack = backend.stacks[change_set.stack_id]
            stack.tags = change_set.tags or stack.tags
            if change_set.change_set_type == "CREATE":
                stack.template, stack.parameters = change_set.template, change_set.parameters
                _create(backend, stack)
            else:
                _update(backend, stack, change_set.template, change_set.parameters)
            # As on AWS: a change set is of no use after its stack changed. moto would also take one stack's change
            # set for another's, since the CDK gives all of them one name.
            for name in [name for name, other in backend.change_sets.items() if other.stack_id == stack.stack_id]:
                del backend.change_sets[name]

    def delete_change_set(backend: Any, change_set_name: str) -> None:
        for name, change_set in list(backend.change_sets.items()):
            if change_set_name in (name, change_set.change_set_name):
                del backend.change_sets[name]

    def delete_stack(backend: Any, name_or_stack_id: str) -> None:
        with one_at_a_time:
            for stack in list(backend.stacks.values()):
                if name_or_stack_id in (stack.name, stack.stack_id):
                    _delete(backend, stack)

    Deployment.cloud, Deployment.retained = cloud, Counter()
    seams.replace(models, "ResourceMap", Deployment)
    seams.replace(CloudFormationBackend, "create_stack", create_stack)
    seams.replace(CloudFormationBackend, "update_stack", update_stack)
    seams.replace(CloudFormationBackend, "describe_change_set", describe_change_set)
    seams.replace(CloudFormationBackend, "execute_change_set", execute_change_set)
    seams.replace(CloudFormationBackend, "delete_change_set", delete_change_set)
    seams.replace(CloudFormationBackend, "delete_stack", delete_stack)


def _create(backend: Any, stack: Stack) -> None:
    _enter(stack, "CREATE_IN_PROGRESS", _BY_USER)
    try:
        _converge(backend, stack, stack.template, stack.parameters)
    except Exception as error:
        _log_what_nobody_foresaw(error)
        _enter(stack, "ROLLBACK_IN_PROGRESS", str(error))
        _finish(stack, lambda: _deployment(stack).remove_all(_reporter(stack)), "ROLLBACK")
        return
    _enter(stack, "CREATE_COMPLETE")


def _update(backend: Any, stack: Stack, template: Any, parameters: dict[str, Any]) -> None:
    before = stack.template, stack.parameters
    _enter(stack, "UPDATE_IN_PROGRESS", _BY_USER)
    try:
        _converge(backend, stack, template, parameters)
    except Exception as error:
        _log_what_nobody_foresaw(error)
        _enter(stack, "UPDATE_ROLLBACK_IN_PROGRESS", str(error))
        _finish(stack, lambda: _converge(backend, stack, *before), "UPDATE_ROLLBACK")
        return
    _enter(stack, "UPDATE_COMPLETE")


def _delete(backend: Any, stack: Stack) -> None:
    _enter(stack, "DELETE_IN_PROGRESS", _BY_USER)
    _forget_exports(backend, stack)
    _finish(stack, lambda: _deployment(stack).remove_all(_reporter(stack)), "DELETE")
    if stack.status == "DELETE_COMPLETE":
        del backend.stacks[stack.stack_id]
        backend.deleted_stacks[stack.stack_id] = stack


def _finish(stack: Stack, action: Callable[[], None], verb: str) -> None:
    try:
        action()
    except Exception as error:
        _log_what_nobody_foresaw(error)
        _enter(stack, f"{verb}_FAILED", str(error))
    else:
        _enter(stack, f"{verb}_COMPLETE")


def _converge(backend: Any, stack: Stack, template: Any, parameters: dict[str, Any]) -> None:
    stack.template, stack.parameters = template, parameters
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    deployment = _deployment(stack)
    deployment.read(stack.template_dict, parameters)
    deployment.converge(_reporter(stack))
    _forget_exports(backend, stack)
    stack.output_map = stack._create_output_map()
    for export in stack.exports:
        backend.exports[export.name] = export


def _log_what_nobody_foresaw(error: Exception) -> None:
    if not isinstance(error, DeploymentFailed | ValidationError):
        log.exception("CloudFormation failed")


def _forget_exports(backend: Any, stack: Stack) -> None:
    for name in [name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id]:
        del backend.exports[name]


def _deployment(stack: Stack) -> Deployment:
    assert isinstance(stack.resource_map, Deployment)
    return stack.resource_map


def _enter(stack: Stack, status: str, reason: str | None = None) -> None:
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)


def _reporter(stack: Stack) -> Report:
    def report(resource: Resource, status: str, reason: str | None) -> None:
        stack.events.append(
            Event(
                stack_id=stack.stack_id,
                stack_name=stack.name,
                logical_resource_id=resource.logical_id,
                physical_resource_id=resource.physical_id,
                resource_type=resource.type_name,
                resource_status=status,
                resource_status_reason=reason,
                resource_properties=None,
            )
        )

    return report
