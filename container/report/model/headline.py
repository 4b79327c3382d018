"""The verdict in one sentence, what it means, and whatever a reader must not miss."""

from collections.abc import Iterator
from dataclasses import dataclass

from container.report.model.subject import Subject
from evergreen.verdict import Outcome


@dataclass(frozen=True)
class Caution:
    """Something that a reader must not miss, and how grave it is."""

    level: str  # moderate or large
    title: str
    text: str


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
    unsure = verdict.outcome is Outcome.INCONCLUSIVE
    if not had_champion:
        return "No champion yet: " + ("this hold-out cannot tell" if unsure else "the challenger did not pass the gate")
    return "The champion stays: " + (
        "the difference cannot be told from chance" if unsure else "the challenger did not pass the gate"
    )


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
    """Leaks, an unjudgeable hold-out, a champion that could not be scored, no champion; the gravest first."""
    return list(_cautions(subject))


def _cautions(subject: Subject) -> Iterator[Caution]:
    evaluation, champion = subject.evaluation, subject.manifest.champion
    for leak in evaluation.leaks:
        yield Caution("large", f"{leak.column} tells the target all alone.", leak.reason)
    if evaluation.unjudgeable:
        text = f"{_sentence(evaluation.unjudgeable)} Plots and metrics are shown for what they are worth."
        yield Caution("large", "The hold-out cannot tell models apart.", text)
    if evaluation.champion_unscorable:
        yield Caution("moderate", "The champion is not compared.", _sentence(evaluation.champion_unscorable))
    if champion is None:
        text = "The challenger is judged against a naive baseline, which says the same of everyone."
        yield Caution("plain", "There is no champion yet.", text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
