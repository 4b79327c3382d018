"""What `prepare` says of a run: the report, and the one sentence that the workflow passes on."""

from typing import Any

from container.clock import Clock
from container.prepare.preparation import Preparation
from container.report import page
from evergreen.manifest import UNUSABLE_DATA, UNUSABLE_WITH_IT, CollectedReport, DataReport, DataSummary, Rejection


def report_of(run: Preparation, clock: Clock) -> DataReport:
    """report.json: counts, days, and the first few rejections."""
    history, cutoffs = run.history, run.cutoffs
    unusable = [Rejection(file=run.contract.id, rule=UNUSABLE_DATA, reason=run.unusable)] if run.unusable else []
    holdout = str(cutoffs.holdout) if cutoffs else run.rows.holdout_from if run.rows else None
    return DataReport(
        usable=run.unusable is None,
        files=tuple(run.files),
        rejections=(*unusable, *run.quarantine.first),
        rejected_by_rule=run.quarantine.counts_by_rule,
        drift=run.examination.drift if run.examination else (),
        rows=history.rows if history else 0,
        first_day=str(history.first_day) if history and history.first_day else None,
        last_day=str(history.last_day) if history and history.last_day else None,
        train_cutoffs=tuple(str(cutoff) for cutoff in cutoffs.train) if cutoffs else (),
        holdout_cutoff=holdout,
        scoring_cutoff=str(cutoffs.scoring) if cutoffs else None,
        **_counts(run),
        rows_by_source=run.rows_by_source,
        collected=_collected(run),
        features_hash=run.signature.features_hash if run.signature else None,
        seconds=clock.seconds,
        instance=clock.instance,
    )


def summary_of(run: Preparation, report: DataReport) -> DataSummary:
    """summary.json: whether the data can be used, and why or why not."""
    return DataSummary(
        usable=report.usable,
        reason=_why_not(run.unusable, report) if run.unusable else _what_there_is(run, report),
        rows=report.rows,
        scoring_rows=report.scoring_rows,
        samples=report.collected.teachable if report.usable and report.collected else 0,
    )


def _counts(run: Preparation) -> dict[str, Any]:
    return {f"{name}_rows": part.rows for name, part in run.counts.items()}


def _collected(run: Preparation) -> CollectedReport | None:
    recent, rows = run.recent, run.rows
    if recent is None:
        return None
    return CollectedReport(
        since=recent.since,
        outcomes=recent.outcomes,
        samples=recent.samples,
        teachable=recent.teachable,
        audit_rows=recent.audit_rows,
        recent_holdout=rows.recent_holdout if rows else False,
        holdout=rows.holdout if rows else "",
    )


def page_of(run: Preparation, report: DataReport, summary: DataSummary) -> str:
    """report.html, for people."""
    seen = run.examination
    return page.render(
        report,
        run.contract,
        run_id=run.manifest.run_id,
        reason=summary.reason,
        profile=seen.profile if seen else None,
        champion=seen.champion if seen else None,
        champion_run_id=run.manifest.champion.run_id if run.manifest.champion else None,
        fresh=seen.fresh if seen else None,
    )


def _why_not(unusable: str, report: DataReport) -> str:
    first = next(
        (item.sentence() for item in report.rejections if item.rule not in (UNUSABLE_DATA, UNUSABLE_WITH_IT)), ""
    )
    return f"{unusable[0].upper()}{unusable[1:]}. {first}".strip()


def _what_there_is(run: Preparation, report: DataReport) -> str:
    learned = f"{report.train_rows + report.validation_rows:,} to learn from"
    parts = f"{learned}, {report.holdout_rows:,} to judge by"
    if run.cutoffs:
        cutoffs = f"{len(report.train_cutoffs)} training cut-offs, hold-out as of {report.holdout_cutoff}"
        rows = f"{report.rows:,} rows up to {report.last_day}: {cutoffs}"
        return f"{rows}; {parts}, {report.scoring_rows:,} to score."
    since = f" from {report.holdout_cutoff} on" if report.holdout_cutoff else ""
    told = [f"{report.rows:,} rows: {parts}{since}, {report.scoring_rows:,} to score", *_classes(run)]
    told += _recent(report.collected)
    return "; ".join([*told, *(run.rows.left_out if run.rows else ())]) + "."


def _recent(collected: CollectedReport | None) -> list[str]:
    if collected is None:
        return []
    outcomes = collected.outcomes.accepted if collected.outcomes else 0
    told = f"{outcomes:,} recent items with their outcome, {collected.teachable:,} without one for the teachers"
    return [told, *([collected.holdout] if collected.holdout else [])]


def _classes(run: Preparation) -> list[str]:
    """How often the positive class occurs, or how many classes there are."""
    if not run.rows or not run.rows.classes:
        return []
    counts = run.rows.class_rows
    if run.contract.task == "binary":
        positive = run.rows.classes[1]
        return [f"{counts[positive]:,} of {sum(counts.values()):,} are positive ({positive!r})"]
    return [f"{len(counts)} classes, the rarest with {min(counts.values()):,} rows"]
