"""The bus on which Evergreen tells whoever wants to know what has become of a data set."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from evergreen.requests import SOURCE

ARCHIVED_DAYS = 30  # unless the context's `archive_events_days` says otherwise; 0 for no archive
_LONGEST_NAME = 48  # of an archive
_ONE_A_CUSTOMER = "SegmentChanged"  # by far the most, and what they say can be read from the predictions at any time


class EventsOut(Construct):
    """An event bus of our own, `<stack>-events`: whoever listens adds a rule to it, and we need not know of them."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        bus_name = f"{Stack.of(self).stack_name}-events"
        self.bus = events.CfnEventBus(self, "Bus", name=bus_name)
        asked = self.node.try_get_context("archive_events_days")
        days = ARCHIVED_DAYS if asked is None else int(asked)
        if days > 0:
            events.CfnArchive(
                self,
                "Archive",
                source_arn=self.bus.attr_arn,
                archive_name=bus_name[:_LONGEST_NAME],
                description="What Evergreen told, to be replayed for a listener who missed it.",
                retention_days=days,
                event_pattern={"source": [SOURCE], "detail-type": [{"anything-but": [_ONE_A_CUSTOMER]}]},
            )

    @property
    def bus_name(self) -> str:
        """What functions are told."""
        return self.bus.ref

    def telling(self) -> iam.PolicyStatement:
        """What a function needs to tell events there, under our own name only."""
        statement = iam.PolicyStatement(actions=["events:PutEvents"], resources=[self.bus.attr_arn])
        statement.add_condition("StringEquals", {"events:source": SOURCE})
        return statement
