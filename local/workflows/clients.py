"""The clients with which state machines call other services: as their role, at this cloud."""

from typing import Any

from moto.stepfunctions.parser.asl.utils import boto_client

from local.cloud import Cloud
from local.role_sessions import RoleSessions
from local.seams import Seams


def install_clients(cloud: Cloud, seams: Seams) -> RoleSessions:
    """Replaces moto's clients, which carry no role and are made anew for every task."""
    sessions = RoleSessions(cloud)

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        if state_credentials is None:
            return cloud.client(service)
        return sessions.client(service, state_credentials.role_arn, "StepFunctions")

    seams.replace_everywhere("moto.stepfunctions", boto_client.boto_client_for, boto_client_for)
    return sessions
