"""What a run's notice says below its verdict: reports, files, recent items, the yield."""

from collections.abc import Mapping

from evergreen.layout import ObservedLayout, RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.notices import of_recent_items, still_to_follow, what_became_of, where_the_report_is
from evergreen.stores.files import Files
from evergreen.teachers import TeachersReport
from evergreen.verdict import Verdict
from evergreen.yield_notices import of_the_yield
from evergreen.yield_series import YieldSeries


def contents(
    files: Files,
    manifest: RunManifest,
    report: DataReport,
    verdict: Verdict,
    behind: Mapping[str, str | None],
) -> list[str]:
    """The lines, what a person must act on last; `behind` says which followers do not show everything yet."""
    layout = RunLayout(manifest.dataset, manifest.run_id)
    lines = [where_the_report_is(manifest.run_id, files.uri(layout.model_report))]
    lines += what_became_of(report, files.uri(layout.quarantine), files.uri(layout.report_page))
    teachers = files.find(layout.teachers_report, TeachersReport) if manifest.collection else None
    lines += [*of_recent_items(report, teachers), *still_to_follow(behind)]
    if "alarm" in manifest.asked_by:
        series = files.find(ObservedLayout(manifest.dataset).series, YieldSeries)
        lines += of_the_yield(manifest.dataset, series.measure if series else None, verdict)
    return lines
