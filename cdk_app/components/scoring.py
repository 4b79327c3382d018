"""Scoring rows now: a function of the jobs' own image, which loads the champion itself, or asks its endpoint."""

from aws_cdk import Duration
from constructs import Construct

from cdk_app.components.endpoints import ask_endpoints
from cdk_app.components.function import ImageFunction, OwnLambda
from cdk_app.components.image import ContainerImage
from cdk_app.components.storage import Storage
from cdk_app.permissions import read_objects, read_table, write_objects

_TIMEOUT = Duration.seconds(28)  # API Gateway answers within 30, whatever happens behind it


class Scoring(Construct):
    """`Predict` reads champions and their contracts, and writes inference logs alone."""

    def __init__(self, scope: Construct, name: str, *, storage: Storage, image: ContainerImage) -> None:
        super().__init__(scope, name)
        self.predict = ImageFunction(
            self,
            "Predict",
            image=image,
            handler="container.predict_rows.handler",
            settings={"DATA_BUCKET": storage.bucket.bucket_name, "REGISTRY_TABLE": storage.registry.table_name},
            statements=[
                read_table(storage.registry),
                read_objects(storage.bucket, "runs/"),
                write_objects(storage.bucket, "inference/*/api/"),
                ask_endpoints(self),
            ],
            timeout=_TIMEOUT,
            memory_mb=1769,  # one whole vCPU
            disk_mb=1024,
        )
        self.functions: dict[str, OwnLambda] = {"Predict": self.predict}
