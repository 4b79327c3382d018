"""The HTTP API: API Gateway in front of one function; who may call it is IAM's to say."""

import json
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.components.function import Function, OwnLambda
from cdk_app.components.scoring import Scoring
from cdk_app.components.segments import Segments
from cdk_app.components.storage import Storage
from cdk_app.permissions import count_in_table, list_objects, read_objects, read_table
from evergreen.contracts import Contracts
from functions.api.settings import Settings

_BURST, _A_SECOND = 200, 100  # requests, of all callers together; more get 429
_LOGGED = {
    "requestId": "$context.requestId",
    "caller": "$context.identity.caller",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "error": "$context.integrationErrorMessage",
}


class Api(Construct):
    """Every path goes to the function, which knows its routes; calls are signed, throttled and logged."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        root: Path,
        *,
        contracts: Contracts,
        storage: Storage,
        scoring: Scoring,
        segments: Segments,
    ) -> None:
        super().__init__(scope, name)
        function = Function(
            self,
            "Api",
            root,
            contracts=contracts,
            settings=Settings(
                DATA_BUCKET=storage.bucket.bucket_name,
                REGISTRY_TABLE=storage.registry.table_name,
                PREDICTIONS_TABLE=storage.predictions.table_name,
                PREDICT_FUNCTION=scoring.predict.function.function_name,
                STACK_NAME=Stack.of(self).stack_name,
                SEGMENTS_TABLE=segments.table.table_name,
                SEGMENTS_QUEUE_URL=segments.queue.queue_url,
            ),
            statements=[
                read_table(storage.registry, "BatchGetItem", "Query"),
                count_in_table(storage.registry),
                read_table(storage.predictions, "BatchGetItem"),
                read_objects(storage.bucket, "observed/"),  # the yield as it was measured
                list_objects(storage.bucket),
                read_table(segments.table, "BatchGetItem", "BatchWriteItem"),  # to have one customer told of again
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[segments.queue.queue_arn]),
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"], resources=[scoring.predict.function.function_arn]
                ),
            ],
            timeout=Duration.seconds(29),  # API Gateway waits for 30
            memory_mb=1024,  # a larger share of a processor: half of a cold start is imports
        )
        self.functions: dict[str, OwnLambda] = {"Api": function}
        api = self._api(function)
        self._stage(api)
        self.url = api.attr_api_endpoint

    def _api(self, function: Function) -> apigateway.CfnApi:
        stack = Stack.of(self)
        api = apigateway.CfnApi(
            self,
            "HttpApi",
            name=f"{stack.stack_name}-api",
            description="What Evergreen predicts.",
            protocol_type="HTTP",
        )
        integration = apigateway.CfnIntegration(
            self,
            "Integration",
            api_id=api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=30_000,
        )
        apigateway.CfnRoute(
            self,
            "Route",
            api_id=api.ref,
            route_key="$default",
            authorization_type="AWS_IAM",
            target=f"integrations/{integration.ref}",
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=function.function.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=stack.format_arn(service="execute-api", resource=api.ref, resource_name="*/$default"),
        )
        return api

    def _stage(self, api: apigateway.CfnApi) -> None:
        access = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/vendedlogs/apis/{Stack.of(self).stack_name}-api",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.ref,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_burst_limit=_BURST, throttling_rate_limit=_A_SECOND, detailed_metrics_enabled=True
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access.log_group_arn, format=json.dumps(_LOGGED)
            ),
        )
