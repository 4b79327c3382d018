"""Bringing an endpoint to the champion, one step at a time: the next one follows from what is there now."""

from enum import StrEnum

from evergreen.errors import EvergreenError
from evergreen.strict import Strict

_CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_BROKEN = frozenset({"Failed", "OutOfService", "UpdateRollbackFailed"})


class EndpointUpdating(EvergreenError):
    """SageMaker is still at work on the endpoint; worth looking again."""


class EndpointState(StrEnum):
    """How far the endpoint is with the champion that it was asked to answer with."""

    MOVING = "MOVING"
    SERVING = "SERVING"
    REFUSED = "REFUSED"
    GONE = "GONE"  # nobody asks for an endpoint any more


class EndpointRecord(Strict):
    """What is known of an endpoint beside what SageMaker says."""

    endpoint: str
    config: str  # that it is to have
    champion: str  # which that one answers with
    state: EndpointState
    at: str
    run_id: str | None = None  # of the run that asked for it; none when somebody else did
    asked: bool = False  # SageMaker has been asked
    previous: str | None = None  # the configuration to go back to
    leftovers: tuple[str, ...] = ()  # further configurations that nothing uses any more
    reason: str | None = None  # why it was refused
    smoke: str | None = None  # what the smoke requests told

    @property
    def is_there(self) -> bool:
        """Whether there is an endpoint, as far as is known, that somebody has to look after."""
        return self.state is not EndpointState.GONE

    @property
    def configs(self) -> tuple[str, ...]:
        """Every configuration that was made for it and may still be there."""
        return tuple(dict.fromkeys(each for each in (self.config, self.previous, *self.leftovers) if each))

    @property
    def _attempt(self) -> str:
        """Where only the contract changed, the configuration before answers with the same champion."""
        same = self.previous is not None and self.previous.rpartition("-")[0] == self.config.rpartition("-")[0]
        return f"become what the contract asks for now, with {self.champion}" if same else f"take {self.champion}"

    @property
    def sentence(self) -> str:
        """For people."""
        match self.state:
            case EndpointState.GONE:
                return f"The endpoint {self.endpoint} was deleted, for the contract asks for none."
            case EndpointState.SERVING:
                return f"The endpoint {self.endpoint} answers with {self.champion}. {self.smoke or ''}".rstrip()
            case EndpointState.REFUSED:
                now = "answers as before" if self.previous else "is gone"
                return f"The endpoint {self.endpoint} {now}, for it could not {self._attempt}: {self.reason}"
            case _:
                return (
                    f"The endpoint {self.endpoint} does not answer with {self.champion} yet; the next run sees to it."
                )


def of_the_endpoint(record: EndpointRecord | None, run_id: str) -> list[str]:
    """What a run's notice says of it: that the run moved or deleted it, or that it is not where it should be."""
    if record is None:
        return []
    settled = record.state in (EndpointState.SERVING, EndpointState.GONE)
    return [record.sentence] if not settled or record.run_id == run_id else []


class SeenEndpoint(Strict):
    """What SageMaker says of an endpoint."""

    status: str
    config: str
    failure: str | None = None


class Step(StrEnum):
    """What to do next."""

    WAIT = "WAIT"  # SageMaker is at work
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    SMOKE = "SMOKE"  # it has the wanted configuration: ask it something
    REFUSE = "REFUSE"  # SageMaker could not do it
    GO_BACK = "GO_BACK"  # to the configuration before
    DELETE = "DELETE"
    CLEAN = "CLEAN"  # what a refused champion left behind; then it is over
    FORGET = "FORGET"  # the endpoint is gone and nobody asks for one; then it is over
    NOTHING = "NOTHING"


LAST_STEPS = frozenset({Step.CLEAN, Step.FORGET, Step.NOTHING})


def next_step(wanted: str | None, seen: SeenEndpoint | None, record: EndpointRecord | None, run_id: str | None) -> Step:
    """What brings the endpoint nearer to the wanted configuration; None wants no endpoint.

    What was refused is tried once more by each later run, and by nobody else.
    """
    if seen and seen.status in _CHANGING:
        return Step.WAIT
    if wanted is None:
        if seen:
            return Step.DELETE
        return Step.FORGET if record and record.is_there else Step.NOTHING
    known = record if record and record.config == wanted else None
    if known and known.state is EndpointState.REFUSED and run_id in (known.run_id, None):
        return _after_refusal(known, seen)
    return _towards(wanted, seen, known)


def _towards(wanted: str, seen: SeenEndpoint | None, known: EndpointRecord | None) -> Step:
    if seen and seen.status in _BROKEN:
        return Step.REFUSE if _was_asked(known) else Step.DELETE
    if seen is None:
        return Step.CREATE
    if seen.config == wanted:
        return Step.NOTHING if known and known.state is EndpointState.SERVING else Step.SMOKE
    return Step.REFUSE if _was_asked(known) else Step.UPDATE


def _was_asked(known: EndpointRecord | None) -> bool:
    return known is not None and known.state is EndpointState.MOVING and known.asked


def _after_refusal(refused: EndpointRecord, seen: SeenEndpoint | None) -> Step:
    if seen is None:
        return Step.CLEAN
    if seen.status in _BROKEN:
        return Step.DELETE
    if seen.config != refused.config:
        return Step.CLEAN
    return Step.GO_BACK if refused.previous else Step.DELETE
