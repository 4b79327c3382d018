"""What the workflow asks of PublishPredictions."""

from evergreen.strict import Strict


class Request(Strict):
    """The generation to publish, by the run that made it and the run whose model scored it."""

    dataset: str
    run_id: str
    fence: int
    champion_run_id: str
