"""TrackRun's environment."""

from evergreen.environment import Environment


class Settings(Environment):
    """Set by the CDK app, read by the handler; what begins with MLFLOW_, but for the app, by MLflow's client."""

    DATA_BUCKET: str
    REGISTRY_TABLE: str
    MODEL_GROUP_PREFIX: str
    GIT_COMMIT: str
    IMAGE_URI: str
    MLFLOW_APP_ARN: str  # empty: the deployment has no MLflow
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: int = 2  # MLflow's own 7 last longer than the function
    MLFLOW_HTTP_REQUEST_TIMEOUT: int = 20
    MLFLOW_DISABLE_TELEMETRY: str = "true"
