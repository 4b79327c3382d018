"""The one image that prepares, trains, evaluates and serves."""

from pathlib import Path

from aws_cdk import IgnoreMode, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_CONTEXT = ["**", "!container", "!container/**", "!evergreen", "!evergreen/**", "**/__pycache__"]


class ContainerImage(Construct):
    """Built from `container/` at deploy, or taken by digest from the stack's own repository.

    `-c image_digest=sha256:…` is for a CI that has pushed the image there; nothing is built then.
    """

    def __init__(self, scope: Construct, name: str, *, root: Path) -> None:
        super().__init__(scope, name)
        self.own_repository = ecr.Repository(
            self,
            "Repository",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=20)],
            removal_policy=RemovalPolicy.RETAIN,
        )
        digest = self.node.try_get_context("image_digest")
        if digest:
            self.repository: ecr.IRepository = self.own_repository
            self.uri = f"{self.repository.repository_uri}@{digest}"
            self.tag_or_digest: str = digest
            return
        asset = ecr_assets.DockerImageAsset(
            self,
            "Asset",
            directory=str(root),
            file="container/Dockerfile",
            platform=ecr_assets.Platform.LINUX_AMD64,
            exclude=_CONTEXT,
            ignore_mode=IgnoreMode.DOCKER,
        )
        self.repository = asset.repository
        self.uri = asset.image_uri
        self.tag_or_digest = asset.image_tag
