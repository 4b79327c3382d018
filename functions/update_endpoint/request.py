"""What the workflow, or whoever moved the champion, asks of UpdateEndpoint."""

from evergreen.strict import Strict


class Request(Strict):
    """The data set whose endpoint follows its champion; from the workflow, the run that is at its end, too."""

    dataset: str
    run_id: str | None = None
    fence: int = 0
