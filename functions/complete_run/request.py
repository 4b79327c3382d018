"""What the workflow asks of CompleteRun."""

from evergreen.strict import Strict


class Request(Strict):
    """The run to end."""

    dataset: str
    run_id: str
