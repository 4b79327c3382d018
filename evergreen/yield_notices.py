"""What people are told of the yield: what a run leaves to do, a rollback by itself, an alarm that stays on."""

from evergreen.verdict import Verdict
from evergreen.yield_series import Measure

_TRIES = 10  # told in a notice


def of_the_yield(dataset: str, measure: Measure | None, verdict: Verdict) -> list[str]:
    """For a run that an alarm asked for: what the yield was before it, and what comes next."""
    lines = []
    if measure and measure.samples:
        of_model = f" of {measure.model}" if measure.model else ""
        share = f"{measure.share():.1%} ({measure.good:,} of the newest {measure.samples:,} judged items{of_model})"
        lines.append(f"Observed yield, last measured: {share}")
    if verdict.promote:
        lines.append(
            "Next: nothing to do. The yield is watched; should it get worse, the champion before comes back by itself "
            f"(see evergreen yield {dataset})."
        )
    else:
        lines.append(
            "Next: while the alarm is on it asks again, later each time; you are told when that does not help either. "
            f"Look at the line, its sensors and its labels: evergreen yield {dataset}"
        )
    return lines


def automatic_rollback_notice(
    dataset: str, *, champion: str, replaced: str, generation: str, reason: str
) -> tuple[str, str]:
    """Subject and body for a champion that gave way by itself."""
    lines = [
        f"{dataset}: rolled back by itself: {reason}.",
        f"{champion} is champion again, in place of {replaced}; readers see its predictions, generation {generation}.",
        "An alarm that is still on asks for no run at once; it is looked at again later, and people are told when runs "
        "do not help.",
        f"The yield over time: evergreen yield {dataset}; what was taken back: evergreen report {replaced}",
        f'Undo: evergreen rollback {dataset} --to {replaced} --reason "…"; the contract turns this off with '
        "yield: {rollback: false}",
    ]
    return f"{dataset}: rolled back by itself, the yield got worse", "\n".join(lines)


def rollback_impossible_notice(dataset: str, why: str) -> tuple[str, str]:
    """Subject and body for a champion that should give way, when there is nothing to go back to."""
    lines = [
        f"{dataset}: the champion made the yield worse and cannot be rolled back: {why}",
        "It stays champion, and its predictions stay published, until somebody acts.",
        f"What there was: evergreen history {dataset}; the yield over time: evergreen yield {dataset}",
        f'After a change: evergreen retrain {dataset} --reason "…"',
    ]
    return f"{dataset}: the yield got worse, and no rollback is possible", "\n".join(lines)


def stuck_alarm_notice(dataset: str, alarms: list[str], since: str, tries: list[str]) -> tuple[str, str]:
    """Subject and body for alarms that stayed on whatever runs did; `tries` says how each of them went."""
    named = f"alarm {alarms[0]} is" if len(alarms) == 1 else f"alarms {', '.join(alarms)} are"
    runs = "1 run" if len(tries) == 1 else f"{len(tries)} runs"
    lines = [
        f"{dataset}: {named} on since {since[:16]} UTC, and {runs} did not help:",
        *(f"- {each}" for each in tries[-_TRIES:]),
        "No further run is asked for until the alarm has been off, or until somebody asks.",
        "What is seen can perhaps not be learned from the data there is: look at the line itself, at its sensors and "
        "at its labels first. A champion that came meanwhile may not have been measured yet.",
        f"The yield over time: evergreen yield {dataset}; every run's report: evergreen report RUN",
        f'After a change: evergreen retrain {dataset} --reason "…"',
    ]
    return f"{dataset}: the alarm stays on, runs do not help", "\n".join(lines)
