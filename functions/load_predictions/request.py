"""What the workflow asks of LoadPredictions."""

from evergreen.strict import Strict


class Request(Strict):
    """The run that scored, and the run whose model it used."""

    dataset: str
    run_id: str
    champion_run_id: str
