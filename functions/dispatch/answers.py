"""Answering those who wait for the run that they asked for."""

from dataclasses import dataclass

from evergreen.arrivals import RefusedRequest
from evergreen.results import REFUSED, RunResult, result_of
from evergreen.stores.runs import RunRecords
from evergreen.stores.task_tokens import TaskTokens


@dataclass(frozen=True)
class Answers:
    """Told first and forgotten after, so that a crash in between tells twice, which Step Functions does not mind."""

    tokens: TaskTokens
    runs: RunRecords

    def give(self, dataset: str) -> None:
        """Answer every request of the data set whose run has ended. A token that Step Functions does not let us answer
        stays, and holds nothing up: whose workflow it is sees its own time-out."""
        for arrival in self.tokens.awaited(dataset):
            run_id = arrival.get("run_id")
            run = self.runs.get(run_id) if run_id else None
            result = result_of(dataset, arrival, run)
            if result:
                for token in sorted(arrival["task_tokens"]):
                    if self.tokens.answer(token, result):
                        self.tokens.answered(dataset, arrival["arrival_id"], token)

    def refuse(self, request: RefusedRequest) -> None:
        """Answer a request that cannot become a run. Raises it again when nobody waits for an answer."""
        if request.task_token is None:
            raise request
        result = RunResult(dataset=request.asked, status=REFUSED, reason=str(request))
        if not self.tokens.answer(request.task_token, result):
            raise request
