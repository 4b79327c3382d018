"""A small CRM beside the cloud, for a deployment that names the secret of one: real HTTP, customers in SQLite."""

import json
import secrets

from moto.awslambda.models import lambda_backends

from local.cloud import Cloud
from local.crm.server import CrmServer


def install(cloud: Cloud) -> None:
    """Starts the CRM once the deployment is there, and puts its secret where the deployment looks for it."""

    def start() -> None:
        for name in _secrets_asked_for(cloud):
            token = secrets.token_urlsafe(24)
            server = CrmServer(cloud, token)
            said = json.dumps({"url": f"{server.address}/segments", "token": token})
            cloud.client("secretsmanager").create_secret(Name=name, SecretString=said)
            cloud.addresses["CRM"] = server.address

    cloud.on_ready(start)


def _secrets_asked_for(cloud: Cloud) -> set[str]:
    """The names that functions are told as `CRM_SECRET`; there is one CRM, so a deployment names one."""
    functions = lambda_backends[cloud.account][cloud.region].list_functions()
    named = {function.environment_vars.get("CRM_SECRET", "") for function in functions}
    return named - {""}
