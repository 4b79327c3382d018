"""SageMaker's model registry as a follower: the champion's package is Approved, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evergreen.approval import approval_of
from evergreen.stores.endings import Status
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

    def settle(self, dataset: str, ending: str | None, champion: Mapping[str, Any] | None) -> None:
        """The package of a run that is at its end, or has come to one, waits for nobody's approval any more."""
        pending = self.packages.standing(dataset, "PendingManualApproval")
        crowned = champion["run_id"] if champion else None
        for run in self.runs.of(dataset) if pending else ():
            over = run["run_id"] == ending or run.get("status") != Status.RUNNING
            if run.get("model_package_arn") in pending and over and run["run_id"] != crowned:
                self.packages.decide(run["model_package_arn"], "Rejected", _why_not(run))

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


def _why_not(run: Mapping[str, Any]) -> str:
    """A fault, or who decided what and why."""
    fault, approval = run.get("error") or run.get("reason"), approval_of(run)
    return " ".join([_NOT_PROMOTED, *([str(fault)] if fault else [approval.sentence] if approval else [])])


def _reign(champion: Mapping[str, Any]) -> str:
    """Since when it is champion, and why."""
    at = champion.get("rolled_back_at") or champion["promoted_at"]
    how = "was rolled back to" if "rolled_back_at" in champion else "became champion"
    return " ".join([f"{champion['run_id']} {how} at {at[:19]}Z.", *champion.get("why", [])])
