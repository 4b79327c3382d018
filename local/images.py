"""Image assets: there is no registry to push to, and no image needed."""

import json
from typing import Any

from moto.ecr.exceptions import ImageNotFoundException
from moto.ecr.models import ECRBackend

from local.cloud import Cloud
from local.seams import Seams

_OF_THE_CDK = "cdk-"
_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def install(cloud: Cloud) -> None:
    """Answers that an image asset is in its repository already, so that `cdk deploy` neither builds nor pushes it.

    Jobs and functions on the laptop run the container's code from the repository itself.
    """
    describe = ECRBackend.describe_images

    def describe_images(backend: Any, repository_name: str, registry_id: Any = None, image_ids: Any = None) -> Any:
        try:
            return describe(backend, repository_name, registry_id, image_ids)
        except ImageNotFoundException:
            if not repository_name.startswith(_OF_THE_CDK):
                raise
            for image_id in image_ids:
                tag = image_id["imageTag"]
                manifest = json.dumps({"schemaVersion": 2, "mediaType": _MEDIA_TYPE, "tag": tag})
                backend.put_image(repository_name, manifest, tag, _MEDIA_TYPE)
            return describe(backend, repository_name, registry_id, image_ids)

    Seams(cloud).replace(ECRBackend, "describe_images", describe_images)
