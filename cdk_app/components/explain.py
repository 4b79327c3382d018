"""Explaining single predictions, when somebody asks: a function of the container's image, idle until then."""

from aws_cdk import Duration
from constructs import Construct

from cdk_app.components.function import ImageFunction, OwnLambda
from cdk_app.components.image import ContainerImage
from cdk_app.components.storage import Storage
from cdk_app.permissions import list_objects, read_objects


class Explain(Construct):
    """Who may invoke it may know the features of whoever was scored, so it is invoked with IAM's permission only."""

    def __init__(self, scope: Construct, name: str, *, storage: Storage, image: ContainerImage) -> None:
        super().__init__(scope, name)
        explain = ImageFunction(
            self,
            "ExplainPrediction",
            image=image,
            handler="container.explain_prediction.handler",
            statements=[read_objects(storage.bucket, "runs/"), list_objects(storage.bucket)],
            timeout=Duration.minutes(1),
            memory_mb=1769,
            disk_mb=512,
        )
        self.functions: dict[str, OwnLambda] = {"ExplainPrediction": explain}
