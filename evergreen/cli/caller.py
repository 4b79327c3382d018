"""Who runs this command."""

import boto3


def caller() -> str:
    """The ARN that AWS knows the caller by."""
    return str(boto3.client("sts").get_caller_identity()["Arn"])
