"""What the workflow asks of PublishPredictions."""

from evergreen.strict import Strict


class Request(Strict):
    """The generation to publish, and how many items it has."""

    dataset: str
    run_id: str
    fence: int
    champion_run_id: str
    written: int
    sample: str  # an entity among them
