"""The data report of one run as one HTML page that loads nothing else."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from container.report.columns import Data, views
from container.report.figures import dollars, figure, share
from container.report.profile import Counts, Profile
from evergreen.contract import Contract
from evergreen.manifest import UNUSABLE_DATA, DataReport, Rejection

UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render(
    report: DataReport,
    contract: Contract,
    *,
    run_id: str,
    reason: str = "",
    profile: Profile | None = None,
    champion: Profile | None = None,
    champion_run_id: str | None = None,
    fresh: Counts | None = None,
    day: date | None = None,
) -> str:
    """Tell what became of the dropped files and what their data looks like.

    `profile` is of all the rows that the run uses, None when no file gave any. `fresh` are the newly accepted rows by
    the bins of `champion`; with both, every picture lays them over each other. `reason` is the summary's, in words.
    `day` is the run's, today's in UTC without it.
    """
    data = Data(profile, champion, fresh) if profile else None
    shown, listed = views(data, report, contract) if data else ([], [])
    template = environment().get_template("page.html.j2")
    return template.render(
        report=report,
        contract=contract,
        run_id=run_id,
        day=day or datetime.now(UTC).date(),
        reason=_reason(report, reason),
        aside=_set_aside(report),
        more=_has_more(report),
        profile=profile,
        before=f"the rows in use when {champion_run_id} became champion" if champion_run_id else "the champion’s rows",
        compared=champion is not None and fresh is not None and fresh.rows > 0,
        fresh_rows=fresh.rows if fresh else 0,
        champion_rows=champion.rows if champion else 0,
        columns=shown,
        listed=listed,
        moved=sorted((each for each in report.drift if each.level != "none"), key=lambda each: -each.psi),
        parts=_parts(report),
    )


def environment() -> Environment:
    """Where the pages' templates are, and how they write numbers; whatever data says is text."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"dollars": dollars, "figure": figure, "share": share}
    return found


def _showable(value: object) -> object:
    """What HTML cannot hold becomes a visible sign."""
    return UNSHOWABLE.sub("\ufffd", value) if type(value) is str else value


def _reason(report: DataReport, told: str) -> str:
    """Why the data can or cannot be used; what is wrong with single files stands in their table."""
    whole = _of_data_set(report)
    if whole:
        return f"{whole[:1].upper()}{whole[1:]}."
    if told:
        return told
    if report.usable:
        return f"{report.rows:,} rows are enough to train and judge a model."
    return report.rejections[0].sentence() if report.rejections else "No row can be used."


def _of_data_set(report: DataReport) -> str:
    return next((each.reason for each in report.rejections if each.rule == UNUSABLE_DATA), "")


def _set_aside(report: DataReport) -> list[Rejection]:
    """Rejections of rows and files, without the headline's reason, which holds for the data set as a whole."""
    known = f": {_of_data_set(report)}"
    return [
        each.model_copy(update={"reason": each.reason.removesuffix(known)})
        for each in report.rejections
        if each.rule != UNUSABLE_DATA
    ]


def _has_more(report: DataReport) -> bool:
    """Whether the quarantine holds more rejections than the report itself."""
    set_aside = any(file.refused or file.rejected for file in report.files)
    return set_aside and sum(report.rejected_by_rule.values()) > len(_set_aside(report))


def _parts(report: DataReport) -> list[tuple[str, str, int]]:
    """The rows that a challenger learns from and is judged by."""
    parts = [
        ("learn", "to learn from", report.train_rows),
        ("validate", "to choose the number of trees", report.validation_rows),
        ("judge", "to judge by, never seen in training", report.holdout_rows),
    ]
    return parts if any(rows for _, _, rows in parts) else []
