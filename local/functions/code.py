"""What a function is at one moment: its code, configuration and the environment they give its process."""

import io
import json
import shutil
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloud import Cloud
from local.functions.runtime_api import Outcome

_unpacking = threading.Lock()


@dataclass(frozen=True)
class Version:
    """Code and configuration of a function; a change of either makes another version, with new processes."""

    name: str
    arn: str
    handler: str
    role: str
    timeout: float
    memory: int
    runtime: str
    log_group: str
    variables: tuple[tuple[str, str], ...]
    code_hash: str
    code: bytes | None = field(compare=False, repr=False)  # the hash stands for it; None: an image's

    @classmethod
    def of(cls, function: Any) -> "Version":
        """The version that moto's LambdaFunction holds now."""
        image = function.package_type == "Image"
        return cls(
            name=function.function_name,
            arn=function.function_arn,
            handler=function.image_config.cmd[0] if image else function.handler,
            role=function.role,
            timeout=float(function.timeout),
            memory=int(function.memory_size),
            runtime="Image" if image else function.run_time,
            log_group=function.logs_group_name,
            variables=tuple(sorted((name, str(value)) for name, value in function.environment_vars.items())),
            code_hash=function.code_sha_256,
            code=None if image else function.code_bytes,
        )

    def unpacked(self, cloud: Cloud) -> Path:
        """The folder with the function's own files: the repository for an image, or else the asset, unpacked once,
        however many ask at a time."""
        if self.code is None:
            return cloud.repo
        target = cloud.work_dir / "functions" / self.name / self.code_hash.replace("/", "_").rstrip("=")
        with _unpacking:
            if not target.exists():
                partial = target.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)  # of a cloud that was killed
                with zipfile.ZipFile(io.BytesIO(self.code)) as archive:
                    archive.extractall(partial)
                partial.rename(target)
        return target

    def environment(self, cloud: Cloud) -> dict[str, str]:
        """What Lambda gives every function, then the function's own variables, then what they may not change."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "HOME": str(cloud.work_dir),  # not the developer's, whose AWS profiles must not be read
            **cloud.function_environment,
            **dict(self.variables),
            "_HANDLER": self.handler,
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_REGION": cloud.region,
            "AWS_DEFAULT_REGION": cloud.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
        }

    def timed_out(self, request_id: str) -> Outcome:
        """What Lambda answers when the time-out has passed."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return _failure(
            "timeout", "Sandbox.Timedout", f"{now} {request_id} Task timed out after {self.timeout:.2f} seconds"
        )

    def exited(self, request_id: str, code: int) -> Outcome:
        """What Lambda answers when the process ended instead of answering."""
        how = f"signal: {-code}" if code < 0 else f"exit status {code}"
        return _failure("exit", "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")


def _failure(kind: str, error_type: str, message: str) -> Outcome:
    return Outcome(kind, json.dumps({"errorType": error_type, "errorMessage": message}).encode())
