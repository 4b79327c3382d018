"""What the workflow asks of PinInputs."""

from evergreen.strict import Strict


class Request(Strict):
    """The execution's input."""

    dataset: str
    run_id: str
    fence: int
