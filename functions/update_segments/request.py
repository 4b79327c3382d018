"""What the workflow, or a command, asks of UpdateSegments."""

from evergreen.strict import Strict


class Request(Strict):
    """The data set whose customers are compared; from the workflow, the run that is at its end, too."""

    dataset: str
    run_id: str | None = None
