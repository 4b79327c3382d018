"""The serverless MLflow App, where a deployment asks for one: `-c mlflow=true`."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from evergreen.layout import MLFLOW

# What our client calls, named one by one; the first admits to the App at all.
CALLS = (
    "sagemaker:CallMlflowAppApi",
    "sagemaker-mlflow:CreateExperiment",
    "sagemaker-mlflow:CreateModelVersion",
    "sagemaker-mlflow:CreateRegisteredModel",
    "sagemaker-mlflow:CreateRun",
    "sagemaker-mlflow:GetExperimentByName",
    "sagemaker-mlflow:GetRegisteredModel",
    "sagemaker-mlflow:GetRun",
    "sagemaker-mlflow:LogBatch",
    "sagemaker-mlflow:LogInputs",
    "sagemaker-mlflow:RestoreExperiment",
    "sagemaker-mlflow:SearchExperiments",
    "sagemaker-mlflow:SearchModelVersions",
    "sagemaker-mlflow:SearchRegisteredModels",
    "sagemaker-mlflow:SearchRuns",
    "sagemaker-mlflow:SetRegisteredModelAlias",
    "sagemaker-mlflow:UpdateRun",
)


class Mlflow(Construct):
    """One App with its role; without the context flag nothing at all."""

    def __init__(self, scope: Construct, name: str, *, bucket: s3.IBucket) -> None:
        super().__init__(scope, name)
        self.asked_for = str(self.node.try_get_context("mlflow") or "").lower() == "true"
        self.arn = ""
        self.calling: list[iam.PolicyStatement] = []
        if self.asked_for:
            self._provision(bucket)

    def _provision(self, bucket: s3.IBucket) -> None:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Evergreen's MLflow App: its own artifacts",
        )
        objects = bucket.arn_for_objects(f"{MLFLOW}*")
        for statement in (
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], resources=[objects]
            ),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
        ):
            role.add_to_policy(statement)
        app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=f"{Stack.of(self).stack_name}-mlflow",
            artifact_store_uri=bucket.s3_url_for_object(MLFLOW.rstrip("/")),
            role_arn=role.role_arn,
            model_registration_mode="AutoModelRegistrationDisabled",  # RegisterChallenger does it, with the lineage
        )
        app.node.add_dependency(role)
        self.arn = app.attr_arn
        self.calling = [
            iam.PolicyStatement(actions=list(CALLS), resources=[self.arn]),
            iam.PolicyStatement(actions=["s3:PutObject", "s3:AbortMultipartUpload"], resources=[objects]),
        ]
        CfnOutput(Stack.of(self), "MlflowApp", value=self.arn)
