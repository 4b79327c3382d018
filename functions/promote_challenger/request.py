"""What the workflow asks of PromoteChallenger."""

from evergreen.strict import Strict


class Request(Strict):
    """The challenger and why it won."""

    dataset: str
    run_id: str
    fence: int
    model_uri: str
    reasons: tuple[str, ...]
