"""What people are told at the end of a run: what happened, why, and what to do next."""

from evergreen.contract import Strict
from evergreen.manifest import DataReport
from evergreen.runs import dataset_of
from evergreen.verdict import Outcome, Verdict

_HEADLINES = {
    Outcome.FIRST: "first champion",
    Outcome.PROMOTE: "new champion",
    Outcome.KEEP: "champion kept",
    Outcome.INCONCLUSIVE: "champion kept, the difference cannot be told from chance",
    Outcome.CHAMPION_UNSCORABLE: "new champion, the old one could not be scored",
}
_STILL_NONE = "still no champion, the challenger did not pass the gate"


class Published(Strict):
    """What readers see since this run."""

    generation: str
    rows: int
    champion: str
    as_of: str | None = None


def verdict_notice(
    run_id: str, verdict: Verdict, published: Published | None, *, had_champion: bool
) -> tuple[str, str]:
    """Subject and body for a run that went all the way."""
    dataset = dataset_of(run_id)
    headline = _HEADLINES[verdict.outcome] if had_champion or verdict.promote else _STILL_NONE
    lines = [f"{dataset}: {headline} ({verdict.outcome}).", *verdict.reasons]
    if published:
        as_of = f" as of {published.as_of}" if published.as_of else ""
        lines.append(f"Published {published.rows:,} predictions{as_of}, generation {published.generation}.")
    else:
        lines.append("Nothing was published; predictions stay as they were.")
    lines.append(f"Look closer: evergreen run {run_id}")
    return f"{dataset}: {headline}", "\n".join(lines)


def rejection_notice(dataset: str, reason: str, report: DataReport, quarantine: str) -> tuple[str, str]:
    """Subject and body for data that cannot be used: where, what, and what would be right."""
    places = [f"- {rejection.sentence()}" for rejection in report.rejections]
    lines = [f"{dataset}: the data was rejected. {reason}", *places]
    lines += [
        "The champion and its predictions stay as they were.",
        f"What was set aside: {quarantine}/",
        "Mend the file and drop it again.",
    ]
    return f"{dataset}: data rejected", "\n".join(lines)


def failure_notice(dataset: str, run_id: str, cause: str) -> tuple[str, str]:
    """Subject and body for a run that went wrong."""
    lines = [
        f"{dataset}: run {run_id} failed. {cause}",
        "The champion and its predictions stay as they were; the dropped files are kept and join the next run.",
        f"Look closer: evergreen run {run_id}",
    ]
    return f"{dataset}: run failed", "\n".join(lines)
