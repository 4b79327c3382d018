"""What the workflow asks of RegisterChallenger."""

from evergreen.strict import Strict


class Request(Strict):
    """The run that was judged, and its model."""

    dataset: str
    run_id: str
    model_uri: str
