"""A state machine from its file under `statemachines/`, with its log and tracing."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


def workflow(
    scope: Construct, root: Path, name: str, substitutions: Mapping[str, str], *, logs_data: bool
) -> sfn.StateMachine:
    """`statemachines/<name>.asl.json`; `logs_data` has failures logged with what the states were given."""
    log_group = logs.LogGroup(
        scope,
        "Log",
        log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}-{name.replace('_', '-')}",
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )
    return sfn.StateMachine(
        scope,
        "Machine",
        definition_body=sfn.DefinitionBody.from_file(str(root / "statemachines" / f"{name}.asl.json")),
        definition_substitutions=substitutions,
        tracing_enabled=True,
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ERROR, include_execution_data=logs_data),
    )
