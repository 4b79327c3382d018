"""The notice of a run that went all the way."""

from evergreen.layout import RunLayout
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
from evergreen.stores.files import Files
from evergreen.teachers import TeachersReport
from evergreen.verdict import Verdict


def notice(
    endings: Endings, files: Files, layout: RunLayout, report: DataReport, manifest: RunManifest
) -> tuple[str, str]:
    """Subject and body."""
    run_id = layout.run_id
    verdict, published = files.read(layout.verdict, Verdict), endings.published(run_id)
    page = where_the_report_is(run_id, files.uri(layout.model_report))
    data = [page, *what_became_of(report, files.uri(layout.quarantine), files.uri(layout.report_page))]
    data += of_recent_items(report, files.find(layout.teachers_report, TeachersReport) if manifest.collection else None)
    data += whose_segment_changed(published, endings.segments(run_id))
    data += still_to_follow(endings.still_behind(run_id))
    had_champion, approval = manifest.champion is not None, endings.approval(run_id)
    return verdict_notice(run_id, verdict, published, data, had_champion=had_champion, approval=approval)
