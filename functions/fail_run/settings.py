"""FailRun's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    REGISTRY_TABLE: str
    NOTICES_TOPIC_ARN: str
    EVENT_BUS: str
