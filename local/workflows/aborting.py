"""Tasks that wait for something (`.sync`) and end it when their execution is aborted or out of time."""

import logging
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import Seams

log = logging.getLogger(__name__)
POLL_SECONDS = 0.02


class Watch:
    """What a `.sync` task waits for; called again and again until it answers something."""

    def __call__(self) -> Any:
        """The task's output, None as long as there is none."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Ends what is waited for."""
        raise NotImplementedError


class EndsWithExecution:
    """Added to a `.sync` task: cancels its watch when the task is over before the watch is."""

    def _eval_sync(self, env: Any, sync_resolver: Watch, timeout_seconds: Any, **_: Any) -> Any:
        # Nobody calls a `.sync` task back, so moto need not listen for that in a thread of its own.
        outcome = super()._eval_sync(  # type: ignore[misc]
            env=env,
            sync_resolver=sync_resolver,
            timeout_seconds=timeout_seconds,
            callback_endpoint=None,
            heartbeat_endpoint=None,
        )
        if outcome is not None:
            return outcome
        try:
            sync_resolver.cancel()
        except Exception:  # AWS promises no more than an attempt
            log.exception("what %s had started could not be stopped", self)
        raise FailureEventException(FailureEvent(env, None, HistoryEventType.TaskStateAborted, _no_details()))


def install_polling(seams: Seams) -> None:
    """Has `.sync` tasks look 50 times a second, not twice, for what ends them."""
    seams.replace(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", POLL_SECONDS)


def _no_details() -> Any:
    return EventDetails(taskFailedEventDetails={})
