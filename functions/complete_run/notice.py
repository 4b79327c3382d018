"""The notice of a run that went all the way: verdict, reports, files, recent items, segments, the yield."""

from evergreen.endpoint_moves import of_the_endpoint
from evergreen.layout import ObservedLayout, RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.notices import (
    of_recent_items,
    still_to_follow,
    verdict_notice,
    what_became_of,
    where_the_report_is,
    whose_segment_changed,
)
from evergreen.stores.endings import Endings
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.files import Files
from evergreen.teachers import TeachersReport
from evergreen.verdict import Verdict
from evergreen.yield_notices import of_the_yield
from evergreen.yield_series import YieldSeries


def notice(
    endings: Endings, endpoints: EndpointRecords, files: Files, manifest: RunManifest, report: DataReport
) -> tuple[str, str]:
    """Subject and body."""
    run_id, layout = manifest.run_id, RunLayout(manifest.dataset, manifest.run_id)
    verdict, published = files.read(layout.verdict, Verdict), endings.published(run_id)
    lines = [where_the_report_is(run_id, files.uri(layout.model_report))]
    lines += what_became_of(report, files.uri(layout.quarantine), files.uri(layout.report_page))
    teachers = files.find(layout.teachers_report, TeachersReport) if manifest.collection else None
    lines += [*of_recent_items(report, teachers), *whose_segment_changed(published, endings.segments(run_id))]
    lines += of_the_endpoint(endpoints.find(manifest.dataset), run_id)
    lines += still_to_follow(endings.still_behind(run_id))
    if "alarm" in manifest.asked_by:  # what a person must act on comes last
        series = files.find(ObservedLayout(manifest.dataset).series, YieldSeries)
        lines += of_the_yield(manifest.dataset, series.measure if series else None, verdict)
    had_champion, approval = manifest.champion is not None, endings.approval(run_id)
    return verdict_notice(run_id, verdict, published, lines, had_champion=had_champion, approval=approval)
