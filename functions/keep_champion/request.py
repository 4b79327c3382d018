"""What the workflow asks of KeepChampion."""

from evergreen.strict import Strict


class Request(Strict):
    """The run whose challenger did not win."""

    dataset: str
    run_id: str
