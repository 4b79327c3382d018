"""What the workflow asks of LoadPredictions."""

from evergreen.strict import Strict


class Request(Strict):
    """One part of the run that scored, and the run whose model it used."""

    dataset: str
    run_id: str
    champion_run_id: str
    part: str
    rows: int
