"""Step Functions: what moto's interpreter lacks to run the state machines as AWS does."""

import logging
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_factory

from local.cloud import Cloud
from local.seams import Seams
from local.workflows.aborting import install_polling
from local.workflows.clients import install_clients
from local.workflows.descriptions import install_descriptions
from local.workflows.executions import install_executions
from local.workflows.map_runs import install_map_runs
from local.workflows.nested_executions import nested_execution_class
from local.workflows.parameters import install_parameters
from local.workflows.sagemaker_tasks import sagemaker_task_class
from local.workflows.task_tokens import install_task_tokens
from local.workflows.variables import install_variables


def install(cloud: Cloud) -> None:
    """Repairs and completes moto's interpreter of the States language."""
    seams = Seams(cloud)
    _hush(cloud)
    sessions = install_clients(cloud, seams)
    install_parameters(seams)
    install_variables(seams)
    install_polling(seams)
    install_task_tokens(seams)
    install_executions(cloud, seams)
    install_descriptions(seams)
    install_map_runs(seams)
    own = {"sagemaker": sagemaker_task_class(cloud, sessions), "states": nested_execution_class(sessions)}
    stock = state_task_service_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> Any:
        return own[service_name]() if service_name in own else stock(service_name)

    # moto has no `.sync` for SageMaker and forwards its other calls with a warning.
    seams.replace(state_task_service_factory, "state_task_service_for", state_task_service_for)
    seams.replace(state_task_factory, "state_task_service_for", state_task_service_for)


def _hush(cloud: Cloud) -> None:
    """moto logs every error of a state machine as one of its own; they are in the execution's history."""
    logger = logging.getLogger("moto.stepfunctions")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    cloud.on_close(lambda: logger.setLevel(level))
