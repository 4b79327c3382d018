"""PromoteChallenger's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    EVENT_BUS: str
