"""SageMaker's model packages, in place of moto's, which forget descriptions and take whatever they are given."""

import datetime
import json
import re
import threading
import unicodedata
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import Cloud
from local.seams import Seams

Package = dict[str, Any]

_STATUSES = ("Approved", "Rejected", "PendingManualApproval")
_MARKS = "_.:/=+-@"
_TIMES = ("CreationTime", "LastModifiedTime")
_KEPT = (
    "ModelPackageDescription",
    "InferenceSpecification",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "SourceUri",
    "SkipModelValidation",
)
_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "CreationTime",
)


class Shelf:
    """The versioned packages of one cloud, by ARN; a number is never given again."""

    def __init__(self, account: str, region: str, changed: Callable[[], None] = lambda: None) -> None:
        self._account, self._region, self._changed = account, region, changed
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}
        self._newest: dict[str, int] = {}  # number, by group
        self.packages: dict[str, Package] = {}

    def create(self, request: Package) -> str:
        """Makes the next version of the group; the same client token gives the same version."""
        group = self._group(request.get("ModelPackageGroupName", ""))
        _check_status(request.get("ModelApprovalStatus", "PendingManualApproval"))
        _check_properties(request.get("CustomerMetadataProperties", {}))
        with self._lock:
            token = request.get("ClientToken", "")
            if token and token in self._tokens:
                return self._tokens[token]
            version = self._newest[group] = 1 + self._newest.get(group, 0)
            name = f"model-package/{group.lower()}/{version}"
            arn = f"arn:aws:sagemaker:{self._region}:{self._account}:{name}"
            self.packages[arn] = {
                **{name: request[name] for name in _KEPT if name in request},
                "ModelPackageGroupName": group,
                "ModelPackageName": group,
                "ModelPackageVersion": version,
                "ModelPackageArn": arn,
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
                "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
                "CreationTime": _now(),
                "ClientToken": token,
            }
            self._tokens[token] = arn
        self._changed()
        return arn

    def find(self, arn: str) -> Package:
        """The package. Raises SageMaker's ValidationException."""
        if arn not in self.packages:
            raise ValidationError(f"Model Package {arn} does not exist.")
        return self.packages[arn]

    def update(self, request: Package) -> str:
        """Changes what the request names, and nothing else."""
        package = self.find(request["ModelPackageArn"])
        _check_status(request.get("ModelApprovalStatus", "Approved"))
        if len(request.get("ApprovalDescription", "")) > 1024:
            raise ValidationError("Member 'approvalDescription' must have length less than or equal to 1024")
        properties = package.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
        for name in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(name, None)
        _check_properties(properties)
        package |= {name: request[name] for name in ("ModelApprovalStatus", "ApprovalDescription") if name in request}
        if properties:
            package["CustomerMetadataProperties"] = properties
        package["LastModifiedTime"] = _now()
        self._changed()
        return str(package["ModelPackageArn"])

    def delete(self, arn: str) -> None:
        """Forgets a package."""
        del self.packages[self.find(arn)["ModelPackageArn"]]
        self._changed()

    def of(self, group: str) -> list[Package]:
        """The versions of a group, oldest first."""
        found = [each for each in self.packages.values() if each["ModelPackageGroupName"] == group]
        return sorted(found, key=lambda each: int(each["ModelPackageVersion"]))

    def listing(self, request: Package) -> Package:
        """One page of summaries."""
        group, status = request.get("ModelPackageGroupName"), request.get("ModelApprovalStatus")
        wanted = self.of(self._group(group)) if group else []
        wanted = [each for each in wanted if status in (None, each["ModelApprovalStatus"])]
        if request.get("SortOrder") == "Descending":
            wanted.reverse()
        first, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 100)
        summaries = [{name: each[name] for name in _SUMMARY if name in each} for each in wanted[first : first + size]]
        more = {"NextToken": str(first + size)} if first + size < len(wanted) else {}
        return {"ModelPackageSummaryList": summaries, **more}

    def capture(self) -> list[Package]:
        """Every package as JSON can hold it."""
        return [
            {name: value.isoformat() if name in _TIMES else value for name, value in each.items()}
            for each in self.packages.values()
        ]

    def restore(self, packages: list[Package]) -> None:
        """Puts captured packages back."""
        for each in packages:
            times = {name: datetime.datetime.fromisoformat(each[name]) for name in _TIMES if name in each}
            self.packages[each["ModelPackageArn"]] = {**each, **times}
            self._tokens[each["ClientToken"]] = each["ModelPackageArn"]
            group, number = each["ModelPackageGroupName"], int(each["ModelPackageVersion"])
            self._newest[group] = max(number, self._newest.get(group, 0))

    def _group(self, name: str) -> str:
        group = name.rpartition("/")[2]
        if group not in sagemaker_backends[self._account][self._region].model_package_groups:
            raise ValidationError(f"ModelPackageGroup {name} does not exist.")
        return group


def install(cloud: Cloud) -> None:
    """Replaces the operations on model packages."""
    shelf, seams = cloud.keep(Shelf(cloud.account, cloud.region, cloud.writes.note)), Seams(cloud)
    for name, operation in operations(shelf).items():
        seams.replace(SageMakerResponse, name, operation)


def operations(shelf: Shelf) -> dict[str, Callable[[Any], Any]]:
    """The operations of the API on these packages, by moto's names for them."""

    def answer(operation: Callable[[Package], Any]) -> Callable[[Any], Any]:
        return lambda response: ActionResult(operation(json.loads(response.body or "{}")))

    def delete(response: Any) -> Any:
        shelf.delete(json.loads(response.body)["ModelPackageName"])
        return EmptyResult()

    return {
        "create_model_package": answer(lambda request: {"ModelPackageArn": shelf.create(request)}),
        "describe_model_package": answer(lambda request: shelf.find(request["ModelPackageName"])),
        "update_model_package": answer(lambda request: {"ModelPackageArn": shelf.update(request)}),
        "list_model_packages": answer(shelf.listing),
        "delete_model_package": delete,
    }


def _check_status(status: str) -> None:
    if status not in _STATUSES:
        raise ValidationError(f"Value '{status}' at 'modelApprovalStatus' must satisfy enum value set: {_STATUSES}")


def _check_properties(properties: dict[str, str]) -> None:
    if len(properties) > 50:
        raise ValidationError("Member 'customerMetadataProperties' must have length less than or equal to 50")
    for name, value in properties.items():
        for text, longest in ((name, 128), (value, 256)):
            if not 1 <= len(text) <= longest or not all(_may_stand(each) for each in text):
                where = f"1 validation error detected: Value '{text}' at 'customerMetadataProperties'"
                raise ValidationError(f"{where} failed to satisfy constraint: at most {longest} of {_pattern()}")


def _may_stand(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNZ" or character in _MARKS


def _pattern() -> str:
    return rf"[\p{{L}}\p{{Z}}\p{{N}}{re.escape(_MARKS)}]"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
