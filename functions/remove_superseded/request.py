"""What the workflow asks of RemoveSuperseded."""

from evergreen.strict import Strict


class Request(Strict):
    """The run that has just published."""

    dataset: str
    run_id: str
    fence: int
