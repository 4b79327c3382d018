"""One dashboard: runs, functions, queue and yield at a glance."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_app.components.alarms import YieldAlarms
from cdk_app.components.arrivals import Arrivals
from cdk_app.components.retrain import Retrain


class Dashboard(Construct):
    """Named after the stack."""

    def __init__(
        self, scope: Construct, name: str, *, arrivals: Arrivals, retrain: Retrain, yields: YieldAlarms
    ) -> None:
        super().__init__(scope, name)
        hour = Duration.hours(1)
        machine = retrain.machine
        board = cloudwatch.Dashboard(self, "Board", dashboard_name=f"{Stack.of(self).stack_name}-overview")
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Runs",
                left=[
                    machine.metric_started(period=hour),
                    machine.metric_succeeded(period=hour),
                    machine.metric_failed(period=hour),
                    machine.metric_timed_out(period=hour),
                ],
            ),
            cloudwatch.GraphWidget(title="Run duration", left=[machine.metric_time(period=hour)]),
            cloudwatch.GraphWidget(
                title="Arrivals waiting, dead letters",
                left=[
                    arrivals.queue.metric_approximate_number_of_messages_visible(),
                    arrivals.dead_letters.metric_approximate_number_of_messages_visible(),
                ],
            ),
        )
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Function errors",
                left=[arrivals.dispatch.errors(), *(each.errors() for each in retrain.functions.values())],
            ),
            *(cloudwatch.AlarmWidget(title=f"Yield of {id_}", alarm=each) for id_, each in yields.alarms.items()),
        )
