"""WatchYield's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    PREDICTIONS_TABLE: str
    NOTICES_TOPIC_ARN: str
    STATE_MACHINE_ARN: str
    EVENT_BUS: str
    TRACK_RUN_FUNCTION: str
    UPDATE_SEGMENTS_FUNCTION: str
    UPDATE_ENDPOINT_FUNCTION: str
