"""Names of runs and of the jobs that belong to them."""

import hashlib
import re
from collections.abc import Iterable

_RUN_ID = re.compile(r"^(?P<slug>[a-z0-9-]+)-(?P<fence>\d{5,})-(?P<digest>[0-9a-f]{8})\Z")


def run_id_for(dataset: str, fence: int, arrival_ids: Iterable[str]) -> str:
    """The run that takes these arrivals: the same lease always gives the same id, so starting it twice is harmless.

    At most 45 characters of [a-z0-9-], so that every job name stays within SageMaker's 63. Ids of one data set
    sort in the order in which the runs started.
    """
    digest = hashlib.sha256("\n".join([dataset, *sorted(arrival_ids)]).encode()).hexdigest()
    return f"{dataset.replace('_', '-')}-{fence:05d}-{digest[:8]}"


def tuning_name(run_id: str) -> str:
    """What the run's tuning jobs are called: at most 26 characters, for SageMaker takes 32 with the attempt's."""
    return f"{run_id[:13].strip('-')}-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}"


def dataset_of(run_id: str) -> str:
    """The data set that a run id names. Raises ValueError when the text is no run id."""
    match = _RUN_ID.match(run_id)
    if match is None:
        raise ValueError(f"{run_id!r} is not a run id; they look like next-purchase-00001-3f2a9c81")
    return match["slug"].replace("-", "_")


def execution_arn(state_machine_arn: str, run_id: str) -> str:
    """The Step Functions execution that bears the run's name."""
    return state_machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"
