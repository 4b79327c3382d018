"""SQS event source mappings: one poller per mapping, which sleeps until a message arrives."""

import threading
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from local.cloud import Cloud
from local.functions.batches import QueuePoller
from local.functions.invocations import Invoker
from local.seams import Seams


def install_queues(cloud: Cloud, seams: Seams, invoker: Invoker) -> None:
    """Has queues polled as Lambda polls them, instead of delivering inside SendMessage as moto does."""

    closed = threading.Event()

    def create_mapping(backend: Any, spec: dict[str, Any]) -> Any:
        if spec.get("FilterCriteria"):
            raise InvalidParameterValueException(
                "The laptop cloud does not filter messages; leave FilterCriteria out and filter in the rule or handler"
            )
        mapping = create(backend, spec)
        if ":sqs:" in mapping.event_source_arn:
            queue = sqs_backends[cloud.account][cloud.region].get_queue(mapping.event_source_arn.rsplit(":", 1)[1])
            queue.lambda_event_source_mappings.clear()  # moto would invoke the function inside SendMessage
            function = backend.get_function(mapping.function_arn)
            if queue.visibility_timeout < function.timeout:
                backend.delete_event_source_mapping(mapping.uuid)
                raise InvalidParameterValueException(
                    f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
                    f"Function timeout: {function.timeout} seconds"
                )
            QueuePoller(backend, mapping, queue, invoker, closed).start()
        return mapping

    def receive(backend: Any, queue_name: str, *arguments: Any, **named: Any) -> Any:
        with backend.get_queue(queue_name)._messages_lock:  # given up while it waits for messages
            return stock_receive(backend, queue_name, *arguments, **named)

    def delete(queue: Any, receipt_handle: str) -> None:
        with queue._messages_lock:
            stock_delete(queue, receipt_handle)

    create = seams.replace(LambdaBackend, "create_event_source_mapping", create_mapping)
    # moto's DeleteMessage rebuilds the list of messages without a lock, so that one sent meanwhile would be lost,
    # and two readers could receive the same message.
    stock_receive = seams.replace(SQSBackend, "receive_message", receive)
    stock_delete = seams.replace(Queue, "delete_message", delete)
    cloud.on_close(closed.set)
