"""What the workflow asks of RejectData."""

from evergreen.strict import Strict


class Request(Strict):
    """The run, and the data report's reason in a sentence."""

    dataset: str
    run_id: str
    reason: str
