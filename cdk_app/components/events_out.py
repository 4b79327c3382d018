"""The bus on which Evergreen tells whoever wants to know what has become of a data set."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from evergreen.requests import SOURCE


class EventsOut(Construct):
    """An event bus of our own, `<stack>-events`: whoever listens adds a rule to it, and we need not know of them."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        bus_name = f"{Stack.of(self).stack_name}-events"
        self.bus = events.CfnEventBus(self, "Bus", name=bus_name)

    @property
    def bus_name(self) -> str:
        """What functions are told."""
        return self.bus.ref

    def telling(self) -> iam.PolicyStatement:
        """What a function needs to tell events there, under our own name only."""
        statement = iam.PolicyStatement(actions=["events:PutEvents"], resources=[self.bus.attr_arn])
        statement.add_condition("StringEquals", {"events:source": SOURCE})
        return statement
