"""S3 objects with their versions, as the snapshot holds them."""

import datetime
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

from local.cloud import Cloud
from local.state.blobs import Blobs

_OF_THE_CDK = "cdk-"  # buckets of assets, which every deployment publishes again
_FIELDS = ("bucket_key_enabled", "checksum_algorithm", "checksum_type", "checksum_value", "encryption", "kms_key_id")


def capture(cloud: Cloud, blobs: Blobs) -> dict[str, Any]:
    """Every bucket with its versions, oldest first; contents go to the blobs."""
    backend = s3_backends[cloud.account]["aws"]
    return {
        name: {
            "versioning": bucket.versioning_status,
            "keys": {
                key: [_captured(version, blobs) for version in bucket.keys.getlist(key)] for key in list(bucket.keys)
            },
        }
        for name, bucket in list(backend.buckets.items())
        if not name.startswith(_OF_THE_CDK)
    }


def _captured(version: Any, blobs: Blobs) -> dict[str, Any]:
    common = {"version_id": version._version_id, "last_modified": version.last_modified.isoformat()}
    if isinstance(version, FakeDeleteMarker):
        return common
    if not hasattr(version, "blob"):
        version.blob = blobs.put(version.value)
    fields = {field: getattr(version, field) for field in _FIELDS if getattr(version, field) is not None}
    return {
        **common,
        "blob": version.blob,
        "etag": version.etag.strip('"'),
        "storage": version.storage_class,
        "metadata": dict(version.metadata),
        **fields,
    }


def referenced(buckets: dict[str, Any]) -> set[str]:
    """The names of all contents that the captured buckets refer to."""
    return {
        version["blob"]
        for bucket in buckets.values()
        for versions in bucket["keys"].values()
        for version in versions
        if "blob" in version
    }


def restore(cloud: Cloud, buckets: dict[str, Any], blobs: Blobs) -> None:
    """Puts the objects back under their version ids, without an S3 event; makes buckets no template has."""
    backend = s3_backends[cloud.account]["aws"]
    for name, captured in buckets.items():
        if name not in backend.buckets:
            backend.create_bucket(name, cloud.region)
            backend.buckets[name].versioning_status = captured["versioning"]
        bucket = backend.buckets[name]
        for key, versions in captured["keys"].items():
            restored: list[Any] = []
            for version in versions:
                if "blob" in version:
                    restored.append(_object(bucket, key, version, blobs))
                else:
                    restored.append(FakeDeleteMarker(restored[-1]))
                    restored[-1]._version_id = version["version_id"]
                restored[-1].last_modified = datetime.datetime.fromisoformat(version["last_modified"])
            bucket.keys.setlist(key, restored)


def _object(bucket: Any, key: str, version: dict[str, Any], blobs: Blobs) -> Any:
    made = FakeKey(
        name=key,
        value=blobs.get(version["blob"]),
        account_id=bucket.account_id,
        region_name=bucket.region_name,
        storage=version["storage"],
        etag=version["etag"],
        is_versioned=version["version_id"] not in (None, "null"),
        version_id=version["version_id"],
        bucket_name=bucket.name,
    )
    made.blob = version["blob"]
    made._metadata.clear()
    made._metadata.update(version["metadata"])
    for field in _FIELDS:
        setattr(made, field, version.get(field))
    return made
