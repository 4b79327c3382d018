"""What the workflow, or a command, asks of TrackRun."""

from evergreen.strict import Strict


class Request(Strict):
    """The data set whose followers are brought up to date; from the workflow, the run that is at its end, too."""

    dataset: str
    run_id: str | None = None
    model_uri: str | None = None
