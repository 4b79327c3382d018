"""UpdateEndpoint's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    NOTICES_TOPIC_ARN: str
    STACK_NAME: str
    MODEL_ROLE_ARN: str
    IMAGE_URI: str
