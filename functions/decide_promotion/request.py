"""What the workflow asks of DecidePromotion."""

from evergreen.contract import Strict


class Request(Strict):
    """The run whose evaluation is judged."""

    dataset: str
    run_id: str
