"""What the workflow asks of AwaitApproval."""

from evergreen.strict import Strict


class Request(Strict):
    """The run whose challenger won, and how long it waits for an answer under which token."""

    dataset: str
    run_id: str
    token: str
    seconds: int
    report: str  # S3 URI of the model report
