"""SageMaker's model registry as a follower: the champion's package is Approved, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evergreen.runs import dataset_of
from evergreen.stores.model_packages import ModelPackages
from evergreen.stores.registration import Registration
from evergreen.stores.runs import RunRecords

_NOT_PROMOTED = "It did not become champion."


@dataclass(frozen=True)
class ModelRegistry:
    """The packages of every data set."""

    runs: RunRecords
    packages: ModelPackages
    registration: Registration

    def register(self, run_id: str, model_uri: str | None) -> None:
        """See that a judged run has its package; what the event does not say, the run's record does.

        Raises LookupError when neither says where the model lies.
        """
        run = self.runs.get(run_id) or {}
        uri = model_uri or run.get("model_uri")
        if uri:
            self.registration.register(run_id, uri)
        elif "verdict" in run:
            raise LookupError(f"nobody has noted where the model of {run_id} lies")

    def settle(self, run_id: str, champion: Mapping[str, Any] | None) -> None:
        """At a run's end its package waits for nobody's approval any more."""
        arn = (self.runs.get(run_id) or {}).get("model_package_arn")
        if not arn or (champion is not None and champion["run_id"] == run_id):
            return
        if arn in self.packages.standing(dataset_of(run_id), "PendingManualApproval"):
            self.packages.decide(arn, "Rejected", self._why_not(run_id))

    def follow(self, dataset: str, champion: Mapping[str, Any] | None) -> None:
        """Approve the champion's package, and take the approval back from every other."""
        approved = self.packages.standing(dataset, "Approved")
        arn = self._package_of(champion)
        why = _reign(champion) if champion else _NOT_PROMOTED
        if arn and arn not in approved:
            self.packages.decide(arn, "Approved", why)
        for other in approved:
            if other != arn:
                self.packages.decide(other, "Rejected", why)

    def _package_of(self, champion: Mapping[str, Any] | None) -> str | None:
        run = self.runs.get(champion["run_id"]) if champion else None
        return (run or {}).get("model_package_arn")

    def _why_not(self, run_id: str) -> str:
        decision = (self.runs.get(run_id) or {}).get("decision") or {}
        return f"{_NOT_PROMOTED} {decision.get('reason') or ''}".strip()


def _reign(champion: Mapping[str, Any]) -> str:
    """Since when it is champion, and why."""
    at = champion.get("rolled_back_at") or champion["promoted_at"]
    how = "was rolled back to" if "rolled_back_at" in champion else "became champion"
    return " ".join([f"{champion['run_id']} {how} at {at[:19]}Z.", *champion.get("why", [])])
