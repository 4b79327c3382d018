"""What the workflow asks of DecidePromotion."""

from evergreen.strict import Strict


class Request(Strict):
    """The run whose evaluation is judged."""

    dataset: str
    run_id: str
