"""AWS::S3."""

from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, Structure, as_json


def put_bucket(wanted: Resource, before: Resource | None) -> Made:
    """Creates a bucket or brings its configuration up to date."""
    s3 = wanted.client("s3")
    name = before.physical_id if before else wanted.name("BucketName", 63, lower=True)
    if before is None:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": wanted.cloud.region}}
        s3.create_bucket(Bucket=name, **({} if wanted.cloud.region == "us-east-1" else elsewhere))
    _configure(s3, name, wanted.properties, before.properties if before else {})
    domain = f"{name}.s3"
    return name, {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{domain}.amazonaws.com",
        "RegionalDomainName": f"{domain}.{wanted.cloud.region}.amazonaws.com",
    }


def _configure(s3: Any, name: str, properties: Structure, before: Structure) -> None:
    _set_or_clear_rules(s3, name, properties, before)
    if "PublicAccessBlockConfiguration" in properties:
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
        )
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    elif "VersioningConfiguration" in before:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    if "OwnershipControls" in properties:
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=properties["OwnershipControls"])
    if properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": properties["Tags"]})
    if "NotificationConfiguration" in properties or "NotificationConfiguration" in before:
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration=_notifications(properties.get("NotificationConfiguration", {}))
        )


def _set_or_clear_rules(s3: Any, name: str, properties: Structure, before: Structure) -> None:
    if "BucketEncryption" in properties:
        s3.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration=_encryption(properties["BucketEncryption"])
        )
    elif "BucketEncryption" in before:
        s3.delete_bucket_encryption(Bucket=name)
    if "LifecycleConfiguration" in properties:
        rules = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    elif "LifecycleConfiguration" in before:
        s3.delete_bucket_lifecycle(Bucket=name)


def _notifications(configuration: Structure) -> Structure:
    others = sorted(set(configuration) - {"EventBridgeConfiguration"})
    if others:
        raise ValueError(f"of bucket notifications the laptop cloud has EventBridge alone, not {', '.join(others)}")
    enabled = configuration.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", True)
    on = "EventBridgeConfiguration" in configuration and str(enabled).lower() == "true"
    return {"EventBridgeConfiguration": {}} if on else {}


def _encryption(configuration: Structure) -> Structure:
    rules = []
    for rule in configuration["ServerSideEncryptionConfiguration"]:
        given = {key: rule[key] for key in ("BucketKeyEnabled",) if key in rule}
        rules.append({"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], **given})
    return {"Rules": rules}


def _lifecycle_rule(rule: Structure) -> Structure:
    """CloudFormation's form of a rule in the API's form."""
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    api: Structure = {key: rule[key] for key in same if key in rule}
    if "Id" in rule:
        api["ID"] = rule["Id"]
    tags = rule.get("TagFilters", [])
    prefix = {"Prefix": rule.get("Prefix", "")}
    api["Filter"] = {"And": {**prefix, "Tags": tags}} if tags else prefix
    if "ExpirationInDays" in rule:
        api["Expiration"] = {"Days": rule["ExpirationInDays"]}
    elif "ExpiredObjectDeleteMarker" in rule:
        api["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "NoncurrentVersionExpirationInDays" in rule:
        api["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if "Transitions" in rule:
        api["Transitions"] = [
            {"StorageClass": step["StorageClass"], "Days": step["TransitionInDays"]} for step in rule["Transitions"]
        ]
    if "NoncurrentVersionTransitions" in rule:
        api["NoncurrentVersionTransitions"] = [
            {"StorageClass": step["StorageClass"], "NoncurrentDays": step["TransitionInDays"]}
            for step in rule["NoncurrentVersionTransitions"]
        ]
    return api


def delete_bucket(bucket: Resource) -> None:
    """Deletes a bucket, which must be empty, as on AWS."""
    bucket.client("s3").delete_bucket(Bucket=bucket.physical_id)


def put_bucket_policy(wanted: Resource, before: Resource | None) -> Made:
    """Sets the policy of a bucket."""
    bucket = wanted.properties["Bucket"]
    wanted.client("s3").put_bucket_policy(Bucket=bucket, Policy=as_json(wanted.properties["PolicyDocument"]))
    return bucket, {}


def delete_bucket_policy(policy: Resource) -> None:
    """Takes the policy off its bucket."""
    policy.client("s3").delete_bucket_policy(Bucket=policy.properties["Bucket"])


TYPES = {
    "AWS::S3::Bucket": ResourceType(put_bucket, delete_bucket, immutable=("BucketName",)),
    "AWS::S3::BucketPolicy": ResourceType(put_bucket_policy, delete_bucket_policy, immutable=("Bucket",)),
}
