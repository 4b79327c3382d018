"""Dispatch's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    NOTICES_TOPIC_ARN: str
    EVENT_BUS: str
    STATE_MACHINE_ARN: str
    LEASE_HOURS: float
    ARRIVALS_QUEUE_ARN: str
    DEAD_LETTERS_ARN: str
    SCHEDULE_GROUP: str
    SCHEDULER_ROLE_ARN: str
