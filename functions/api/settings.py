"""Api's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    PREDICTIONS_TABLE: str
    PREDICT_FUNCTION: str
    STACK_NAME: str
    SEGMENTS_TABLE: str
    SEGMENTS_QUEUE_URL: str
