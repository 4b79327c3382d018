"""DeliverSegments's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    SEGMENTS_TABLE: str
    SEGMENTS_QUEUE_URL: str
    EVENT_BUS: str
    CRM_SECRET: str  # empty: updates go to the event bus
