"""Temporary credentials of a role, as an AWS service obtains them before it acts for its customer."""

import threading
from dataclasses import dataclass
from typing import Any

import boto3.session
import botocore.session
from botocore.config import Config

from local.cloud import Cloud


@dataclass(frozen=True)
class Credentials:
    """The three parts of temporary credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        """The variables from which every AWS SDK reads them."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


class RoleSessions:
    """Sessions and clients of the roles of one cloud; each is made once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.RLock()
        self._credentials: dict[tuple[str, str], Credentials] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._session = boto3.session.Session(  # one for all: a service's model is loaded once
            region_name=cloud.region, botocore_session=botocore.session.Session()
        )

    def credentials(self, role_arn: str, session_name: str) -> Credentials:
        """Assumes the role, once per session name."""
        key = (role_arn, session_name)
        with self._lock:
            if key not in self._credentials:
                name = session_name[:64].ljust(2, "-")
                given = self._cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]
                self._credentials[key] = Credentials(
                    given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
                )
            return self._credentials[key]

    def client(self, service: str, role_arn: str, session_name: str) -> Any:
        """A client that acts as the role; parameters are checked by the service, as on AWS."""
        key = (service, role_arn, session_name)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, self.credentials(role_arn, session_name))
            return self._clients[key]

    def _new_client(self, service: str, credentials: Credentials) -> Any:
        return self._session.client(
            service,  # type: ignore[call-overload]  # the name is not known before run time
            endpoint_url=self._cloud.endpoint_url,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=Config(
                s3={"addressing_style": "path"},
                parameter_validation=False,
                retries={"total_max_attempts": 1},
                max_pool_connections=32,
                read_timeout=3600,
            ),
        )
