"""AWS::IAM."""

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from local.cloud import Cloud
from local.cloudformation.resource import Made, Resource, ResourceType, Structure, as_json

_OF_AWS = "arn:aws:iam::aws:policy"


def put_role(wanted: Resource, before: Resource | None) -> Made:
    """Creates a role with its policies or brings them up to date."""
    iam, properties = wanted.client("iam"), wanted.properties
    name = before.physical_id if before else wanted.name("RoleName", 64)
    trust = as_json(properties["AssumeRolePolicyDocument"])
    settings = wanted.given("Description", "MaxSessionDuration")
    if before is None:
        fixed = {**wanted.given("Path", "PermissionsBoundary", "Tags"), "AssumeRolePolicyDocument": trust}
        iam.create_role(RoleName=name, **fixed, **settings)
    else:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        iam.update_role(RoleName=name, **settings)
    earlier = before.properties if before else {}
    _set_inline_policies(iam, name, properties.get("Policies", []), earlier.get("Policies", []))
    _set_attached(wanted, name, properties.get("ManagedPolicyArns", []), earlier.get("ManagedPolicyArns", []))
    role = iam.get_role(RoleName=name)["Role"]
    return name, {"Arn": role["Arn"], "RoleId": role["RoleId"]}


def _set_inline_policies(iam: Any, role: str, wanted: list[Structure], before: list[Structure]) -> None:
    for policy in wanted:
        document = as_json(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for name in {policy["PolicyName"] for policy in before} - {policy["PolicyName"] for policy in wanted}:
        iam.delete_role_policy(RoleName=role, PolicyName=name)


def _set_attached(resource: Resource, role: str, wanted: list[str], before: list[str]) -> None:
    iam = resource.client("iam")
    for arn in wanted:
        if arn.startswith(_OF_AWS):
            _know_policy_of_aws(resource.cloud, arn)
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in set(before) - set(wanted):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def _know_policy_of_aws(cloud: Cloud, arn: str) -> None:
    # moto has AWS's managed policies, but knows none or, after a second of loading, all 1,400 of them.
    backend = iam_backends[cloud.account]["aws"]
    if arn in backend.managed_policies:
        return
    for name, data in json.loads(aws_managed_policies_data).items():
        if arn == f"{_OF_AWS}{data['Path']}{name}":
            backend.managed_policies[arn] = AWSManagedPolicy.from_data(name, cloud.account, cloud.region, data)


def delete_role(role: Resource) -> None:
    """Deletes a role with whatever policies it has."""
    iam, name = role.client("iam"), role.physical_id
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


def put_policy(wanted: Resource, before: Resource | None) -> Made:
    """Writes an inline policy into the roles named."""
    iam, name = wanted.client("iam"), wanted.properties["PolicyName"]
    others = sorted({"Users", "Groups"} & set(wanted.properties))
    if others:
        raise ValueError(f"the laptop cloud writes inline policies into roles, not into {' or '.join(others)}")
    document = as_json(wanted.properties["PolicyDocument"])
    roles = wanted.properties.get("Roles", [])
    for role in roles:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    for role in set(before.properties.get("Roles", [])) - set(roles) if before else ():
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    return wanted.name(limit=128), {}


def delete_policy(policy: Resource) -> None:
    """Takes an inline policy out of its roles."""
    for role in policy.properties.get("Roles", []):
        policy.client("iam").delete_role_policy(RoleName=role, PolicyName=policy.properties["PolicyName"])


def put_managed_policy(wanted: Resource, before: Resource | None) -> Made:
    """Creates a managed policy and attaches it to the roles named."""
    iam, document = wanted.client("iam"), as_json(wanted.properties["PolicyDocument"])
    if before is None:
        fixed = wanted.given("Description", "Path")
        name = wanted.name("ManagedPolicyName", 128)
        arn = iam.create_policy(PolicyName=name, PolicyDocument=document, **fixed)["Policy"]["Arn"]
    else:
        arn = before.physical_id
        _drop_old_versions(iam, arn)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    roles = wanted.properties.get("Roles", [])
    for role in roles:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for role in set(before.properties.get("Roles", [])) - set(roles) if before else ():
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    return arn, {"PolicyArn": arn}


def _drop_old_versions(iam: Any, arn: str) -> None:
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def delete_managed_policy(policy: Resource) -> None:
    """Detaches a managed policy and deletes it."""
    iam = policy.client("iam")
    for role in iam.list_entities_for_policy(PolicyArn=policy.physical_id)["PolicyRoles"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=policy.physical_id)
    _drop_old_versions(iam, policy.physical_id)
    iam.delete_policy(PolicyArn=policy.physical_id)


TYPES = {
    "AWS::IAM::Role": ResourceType(put_role, delete_role, immutable=("RoleName", "Path")),
    "AWS::IAM::Policy": ResourceType(put_policy, delete_policy, immutable=("PolicyName",)),
    "AWS::IAM::ManagedPolicy": ResourceType(
        put_managed_policy, delete_managed_policy, immutable=("ManagedPolicyName", "Path", "Description")
    ),
}
