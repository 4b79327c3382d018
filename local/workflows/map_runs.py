"""Distributed Map: an item that fails fails the run of the map, unless it tolerates so many."""

from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import Seams

EXCEEDED = "States.ExceedToleratedFailureThreshold"


def install_map_runs(seams: Seams) -> None:
    """Has a map run fail as AWS's does; moto goes on as if nothing had been wrong."""

    def map_run(component: Any, env: Any, eval_input: Any) -> None:
        stock(component, env, eval_input)
        counter, tolerated = eval_input.map_run_record.item_counter, eval_input.tolerated_failure_count
        failed = counter.failed.get() + counter.timed_out.get() + counter.aborted.get()
        if failed > tolerated:
            cause = f"The specified tolerated failure threshold was exceeded: {failed} failed, {tolerated} tolerated"
            details = ExecutionFailedEventDetails(error=EXCEEDED, cause=cause)
            event = EventDetails(executionFailedEventDetails=details)
            name = StatesErrorName(StatesErrorNameType.StatesExceedToleratedFailureThreshold)
            raise FailureEventException(FailureEvent(env, name, HistoryEventType.ExecutionFailed, event))

    stock = seams.replace(DistributedIterationComponent, "_map_run", map_run)
