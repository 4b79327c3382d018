"""The verdict in one sentence, what it means, and whatever a reader must not miss."""

from collections.abc import Iterator
from dataclasses import dataclass

from container.report.model.subject import Subject
from evergreen.verdict import Outcome


@dataclass(frozen=True)
class Caution:
    """Something that a reader must not miss, and how grave it is."""

    level: str  # plain, moderate or large
    title: str
    fact: str  # as the evaluation has it

    @property
    def sentence(self) -> str:
        return self.fact if self.fact.endswith((".", "!", "?")) else f"{self.fact}."


def headline(subject: Subject) -> str:
    """The verdict in one sentence."""
    verdict, had_champion = subject.verdict, subject.manifest.champion is not None
    manual = subject.contract.gate.approval == "manual"
    if verdict.promote:
        becomes = "may become" if manual else "becomes"
        match verdict.outcome:
            case Outcome.FIRST:
                return f"The challenger {becomes} the first champion"
            case Outcome.CHAMPION_UNSCORABLE:
                return f"The challenger {becomes} champion; the old one could not be scored"
        return f"The challenger is better and {becomes} champion"
    return f"{'The champion stays' if had_champion else 'No champion yet'}: {_why_not(subject)}"


def _why_not(subject: Subject) -> str:
    evaluation, gate = subject.evaluation, subject.contract.gate
    if subject.verdict.outcome is not Outcome.INCONCLUSIVE:
        return "the challenger did not pass the gate"
    if evaluation.unjudgeable or evaluation.judged_rows < gate.min_rows:
        return "this hold-out cannot tell"
    return "it cannot be told whether the challenger is better enough"


def lead(subject: Subject) -> str:
    """What the verdict means for whoever uses the predictions."""
    promote, had_champion = subject.verdict.promote, subject.manifest.champion is not None
    if promote and subject.contract.gate.approval == "manual":
        return "It becomes champion when a person approves it. Until then everything stays as it was."
    if promote:
        return "From this run on, its predictions are published."
    if not had_champion:
        return "Nothing is published, for no model has passed the gate yet."
    return "Predictions go on coming from the model that is in use."


def cautions(subject: Subject) -> list[Caution]:
    """Leaks, an unjudgeable hold-out, a champion that could not be scored, no champion; what no reason tells yet."""
    told = " ".join(subject.verdict.reasons).lower()
    return [each for each in _cautions(subject) if each.fact.lower() not in told]


def _cautions(subject: Subject) -> Iterator[Caution]:
    evaluation, champion = subject.evaluation, subject.manifest.champion
    for leak in evaluation.leaks:
        trusted = "; the contract trusts it" if leak.trusted else ""
        yield Caution("large", f"{leak.column} tells the target all alone.", f"{leak.reason}{trusted}")
    if evaluation.unjudgeable:
        yield Caution("large", "The hold-out cannot tell models apart:", evaluation.unjudgeable)
    if evaluation.champion_unscorable:
        yield Caution("moderate", "The champion is not compared:", evaluation.champion_unscorable)
    if champion is None:
        yield Caution("plain", "The challenger is judged against a naive baseline:", "there is no champion yet")
