"""What people are told at the end of a run: what happened, why, and what to do next."""

from collections.abc import Mapping
from typing import Any

from evergreen.approval import Approval
from evergreen.batches import BatchState
from evergreen.generations import Published
from evergreen.manifest import UNUSABLE_DATA, DataReport, FileReport, Rejection
from evergreen.runs import dataset_of
from evergreen.teachers import TeachersReport
from evergreen.verdict import Outcome, Verdict

_HEADLINES = {
    Outcome.FIRST: "first champion",
    Outcome.PROMOTE: "new champion",
    Outcome.KEEP: "champion kept",
    Outcome.INCONCLUSIVE: "champion kept, the difference cannot be told from chance",
    Outcome.CHAMPION_UNSCORABLE: "new champion, the old one could not be scored",
}
_EXAMPLES = 10  # files, kinds of rejection and drifted columns told in a notice; the report has them all
_CAUSES = 3  # told in a notice
_NOTES = 2  # told of each file
_GIVEN_UP = "Run after run failed with these, so no further run takes them; mend them and drop them again: "
_STILL_NONE = "still no champion, the challenger did not pass the gate"


_FOLLOWERS = {"SAGEMAKER": "SageMaker's model registry", "MLFLOW": "MLflow"}


def verdict_notice(
    run_id: str,
    verdict: Verdict,
    published: Published | None,
    data: list[str],
    *,
    had_champion: bool,
    approval: Approval | None = None,
) -> tuple[str, str]:
    """Subject and body for a run that went all the way; `data` says what became of the dropped files."""
    dataset = dataset_of(run_id)
    headline = _HEADLINES[verdict.outcome] if had_champion or verdict.promote else _STILL_NONE
    if approval and not approval.granted:
        headline = f"{'champion kept' if had_champion else 'still no champion'}, {approval.headline}"
    lines = [f"{dataset}: {headline} ({verdict.outcome}).", *verdict.reasons]
    if approval:
        lines.append(approval.sentence)
    if published:
        as_of = f" as of {published.as_of}" if published.as_of else ""
        lines.append(
            f"Published {published.rows:,} predictions{as_of}, generation {published.generation}.{published.compared}"
        )
    else:
        lines.append("Nothing was published; predictions stay as they were.")
    return f"{dataset}: {headline}", "\n".join([*lines, *data])


def still_to_follow(behind: Mapping[str, str | None]) -> list[str]:
    """One line that says who does not show everything yet; `behind` has the error of the last try for each."""
    if not behind:
        return []
    who = " and ".join(_FOLLOWERS.get(each, each) for each in sorted(behind, reverse=True))
    why = next((f" ({error})" for error in behind.values() if error), "")
    return [f"Still to follow: {who}; told again by the next run, or by: evergreen mlflow{why}"]


def endpoint_notice(dataset: str, what: str) -> tuple[str, str]:
    """Subject and body for an endpoint that did not follow the champion, outside of any run."""
    lines = [what, f"POST /predict/{dataset} answers with the champion all the same, by the function that scores rows."]
    return f"{dataset}: the endpoint did not follow", "\n".join(lines)


def whose_segment_changed(published: Published | None, segments: Mapping[str, Any] | None) -> list[str]:
    """One line that says how many customers the CRM is told of; `segments` is what the comparison noted, if it did."""
    if published is None or segments == {}:
        return []
    if segments is None:
        return ["Segments: not compared yet; the CRM hears later, by the next run or by: evergreen redrive"]
    if not segments["changed"]:
        return [f"Segments: the same as before for all {segments['customers']:,} customers."]
    to = ", ".join(f"{number:,} to {name}" for name, number in sorted(segments["to"].items()))
    changed = f"{segments['changed']:,} of {segments['customers']:,} customers changed ({to})"
    return [f"Segments: {changed}; the CRM is being told."]


def where_the_report_is(run_id: str, page: str) -> str:
    """One line: the model report, and the command that opens it."""
    return f"The model report: {page} (evergreen report {run_id})"


def what_became_of(report: DataReport, quarantine: str, page: str) -> list[str]:
    """One line for each dropped file, what was wrong with what was set aside, and how far the data has drifted."""
    lines = [_file_line(file) for file in report.files[:_EXAMPLES]]
    if len(report.files) > _EXAMPLES:
        lines.append(f"… and {len(report.files) - _EXAMPLES} more files")
    set_aside = _set_aside(report, quarantine)
    if set_aside:
        lines += [*_places(report), *set_aside]
    return [*lines, *_drift(report), f"The data report: {page}"]


def of_recent_items(report: DataReport, teachers: TeachersReport | None) -> list[str]:
    """What the run has learned from recent items, by which rows it was judged, and what the teachers said."""
    collected = report.collected
    if collected is None:
        return []
    outcomes = collected.outcomes.accepted if collected.outcomes else 0
    if collected.outcomes and collected.outcomes.refused:
        source = collected.outcomes.source
        why = next((each.reason for each in report.rejections if each.file == source and not each.line), "")
        return [f"Recent items: none joined the rows, they were refused together: {why or 'see the data report'}."]
    lines = [f"Recent items: {outcomes:,} with their outcome joined the rows; {collected.holdout or 'none judges'}."]
    return [*lines, f"Teachers: {teachers.sentence()}."] if teachers else lines


def rejection_notice(dataset: str, reason: str, report: DataReport, quarantine: str, page: str) -> tuple[str, str]:
    """Subject and body for data that cannot be used: where, what, and what would be right."""
    lines = [
        f"{dataset}: the data was rejected.",
        *(_places(report) or [reason]),
        *_drift(report),
        "The champion, if there is one, and its predictions stay as they were.",
        *_set_aside(report, quarantine),
        f"The data report: {page}",
        "Mend the file and drop it again." if _places(report) else "Mend the data or the contract, then drop the file.",
    ]
    return f"{dataset}: data rejected", "\n".join(lines)


def failure_notice(run_id: str, cause: str, given_up: list[str], *, promoted: bool, published: bool) -> tuple[str, str]:
    """Subject and body for a run that went wrong; `given_up` names the arrivals that no further run will take."""
    dataset = dataset_of(run_id)
    champion = "Its model had already become champion" if promoted else "The champion stays as it was"
    readers = "and its predictions are published." if published else "and the published predictions stay as they were."
    lines = [
        f"{dataset}: run {run_id} failed. {cause}",
        f"{champion}, {readers}",
        _GIVEN_UP + ", ".join(given_up) if given_up else "The dropped files are kept and join the next run.",
        f"What it did: evergreen run {run_id}. Once the cause is mended: evergreen redrive {dataset}",
    ]
    return f"{dataset}: run failed", "\n".join(lines)


def batch_notice(dataset: str, batch: BatchState, folder: str) -> tuple[str, str]:
    """Subject and body for a batch that is still not complete at its deadline."""
    faults = [f"- {fault}" for fault in batch.faults[:_EXAMPLES]]
    more = [f"… and {len(batch.faults) - _EXAMPLES} more"] if len(batch.faults) > _EXAMPLES else []
    lines = [
        f"{dataset}: the batch {batch.name} waits since {batch.since:%Y-%m-%d %H:%M} UTC and is not complete:",
        *faults,
        *more,
        f"Its files stay at {folder} and wait. Once what is missing is there, its run starts by itself; or write a "
        f"new manifest.json that names what is there.",
    ]
    return f"{dataset}: batch {batch.name} is not complete", "\n".join(lines)


def without(set_aside: list[str]) -> list[str]:
    """Which files the run did without, and why."""
    return [f"Without: {reason}" for reason in set_aside]


def why_it_ran(causes: list[str]) -> list[str]:
    """What asked for the run besides dropped files, of which the notice tells anyway."""
    asked = [cause for cause in causes if not cause.startswith("s3://")]
    more = [f"and {len(asked) - _CAUSES} more"] if len(asked) > _CAUSES else []
    return [f"Why it ran: {'; '.join([*asked[:_CAUSES], *more])}"] if asked else []


def rollback_notice(
    dataset: str, *, champion: str, replaced: str, generation: str, by: str, reason: str
) -> tuple[str, str]:
    """Subject and body for a champion that a person brought back."""
    lines = [
        f"{dataset}: rolled back by {by}: {reason}",
        f"{champion} is champion again, in place of {replaced}; readers see its predictions, generation {generation}.",
        f"Everything about it: evergreen history {dataset}",
        f'Undo: evergreen rollback {dataset} --to {replaced} --reason "…"',
    ]
    return f"{dataset}: rolled back", "\n".join(lines)


def _file_line(file: FileReport) -> str:
    if file.refused:
        return f"{file.source}: refused"
    told = [f"{file.rows:,} rows"]
    if file.rejected:
        told.append(f"{file.rejected:,} set aside")
    if file.duplicates:
        told.append(f"{file.duplicates:,} known already")
    if file.superseded:
        told.append("superseded by a newer snapshot")
    return "; ".join([f"{file.source}: {', '.join(told)}", *file.notes[:_NOTES]])


def _set_aside(report: DataReport, quarantine: str) -> list[str]:
    some = any(file.rejected or file.refused for file in report.files)
    return [f"What was set aside: {quarantine}/"] if some else []


def _drift(report: DataReport) -> list[str]:
    """The columns whose new rows are not like those that the champion learned from, the furthest first."""
    columns = sorted((each for each in report.drift if each.level != "none"), key=lambda each: -each.psi)
    told = [f"{each.column} PSI {each.psi:.2f} ({each.level})" for each in columns[:_EXAMPLES]]
    more = [f"and {len(columns) - _EXAMPLES} more columns"] if len(columns) > _EXAMPLES else []
    return [f"Drift: {', '.join([*told, *more])}"] if told else []


def _places(report: DataReport) -> list[str]:
    """The first rejection of each kind, and how many more of it the report shows."""
    kinds: dict[tuple[str, str | None, str], list[Rejection]] = {}
    for rejection in report.rejections:
        if rejection.rule != UNUSABLE_DATA:
            kinds.setdefault((rejection.file, rejection.column, rejection.rule), []).append(rejection)
    lines = [_kind_line(found) for found in list(kinds.values())[:_EXAMPLES]]
    return lines + ([f"… and {len(kinds) - _EXAMPLES} more kinds"] if len(kinds) > _EXAMPLES else [])


def _kind_line(found: list[Rejection]) -> str:
    more = " (and more like it; rejected.csv has each row)" if len(found) > 1 else ""
    return f"- {found[0].sentence()}{more}"
