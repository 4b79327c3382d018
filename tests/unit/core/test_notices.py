import pytest

from evergreen.manifest import UNUSABLE_DATA, ColumnDrift, DataReport, FileReport, Rejection
from evergreen.notices import (
    Published,
    failure_notice,
    rejection_notice,
    still_to_follow,
    verdict_notice,
    what_became_of,
    where_the_report_is,
    whose_segment_changed,
    why_it_ran,
)
from evergreen.verdict import Outcome, Verdict

RUN = "next-purchase-00007-3f2a9c81"
PAGE = "s3://b/runs/r/prepared/report.html"


def verdict(outcome: Outcome) -> Verdict:
    return Verdict(outcome=outcome, promote=False, reasons=("mae 18.9 against 19.7.", "It is enough."))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_headline_of_its_own(outcome: Outcome) -> None:
    subject, body = verdict_notice(RUN, verdict(outcome), None, [], had_champion=True)
    others = {
        verdict_notice(RUN, verdict(each), None, [], had_champion=True)[0] for each in Outcome if each is not outcome
    }
    assert subject.startswith("next_purchase: ")
    assert subject not in others
    assert body.startswith(f"{subject} ({outcome}).")


@pytest.mark.parametrize("outcome", [Outcome.KEEP, Outcome.INCONCLUSIVE])
def test_nobody_is_told_of_a_champion_that_was_kept_when_there_is_none(outcome: Outcome) -> None:
    subject, _ = verdict_notice(RUN, verdict(outcome), None, [], had_champion=False)
    assert "still no champion" in subject
    assert "kept" not in subject


def test_a_first_champion_is_told_as_one() -> None:
    first = verdict(Outcome.FIRST).model_copy(update={"promote": True})
    assert verdict_notice(RUN, first, None, [], had_champion=False)[0] == "next_purchase: first champion"


def test_a_verdict_is_told_with_its_reasons_and_what_was_published() -> None:
    published = Published(generation=RUN, rows=4372, champion=RUN, as_of="2011-12-09")
    _, body = verdict_notice(RUN, verdict(Outcome.PROMOTE), published, [], had_champion=True)
    assert body.splitlines()[1:] == [
        "mae 18.9 against 19.7.",
        "It is enough.",
        f"Published 4,372 predictions as of 2011-12-09, generation {RUN}.",
    ]


def test_the_model_report_is_named_with_the_command_that_opens_it() -> None:
    line = where_the_report_is(RUN, "s3://b/runs/r/evaluation/report.html")
    assert line == f"The model report: s3://b/runs/r/evaluation/report.html (evergreen report {RUN})"


def test_a_run_that_published_nothing_says_so() -> None:
    _, body = verdict_notice(RUN, verdict(Outcome.KEEP), None, [], had_champion=True)
    assert "Nothing was published; predictions stay as they were." in body


def test_rejected_data_is_told_with_each_place_and_what_would_be_right() -> None:
    place = Rejection(
        file="s3://b/incoming/next_purchase/a.csv",
        line=7,
        column="Quantity",
        value="many",
        rule="type",
        reason="'many' is no integer",
    )
    file = FileReport(arrival_id="a", source=place.file, rows=9, accepted=0, rejected=9, refused=True)
    report = DataReport(usable=False, files=(file,), rejections=(place,), rows=0)
    subject, body = rejection_notice(
        "next_purchase", "No row is left.", report, "s3://b/quarantine/next_purchase/r", PAGE
    )
    assert subject == "next_purchase: data rejected"
    assert "- s3://b/incoming/next_purchase/a.csv, line 7, column 'Quantity': 'many' is no integer" in body
    assert "s3://b/quarantine/next_purchase/r/" in body
    assert "drop it again" in body
    assert PAGE in body


def test_data_that_no_row_is_to_blame_for_is_rejected_with_the_reason() -> None:
    report = DataReport(usable=False, files=(), rejections=(), rows=40)
    _, body = rejection_notice("next_purchase", "The history spans 12 days; 222 are needed.", report, "s3://b/q", PAGE)
    assert "The history spans 12 days; 222 are needed." in body
    assert "set aside" not in body, "nothing was"


def test_a_rejection_of_a_whole_file_names_no_line() -> None:
    whole = Rejection(file="a.csv", rule="header", reason="the header lacks 'CustomerID'")
    assert whole.sentence() == "a.csv: the header lacks 'CustomerID'"


def test_a_failed_run_is_told_with_its_cause_and_what_becomes_of_the_files() -> None:
    subject, body = failure_notice(RUN, "train-00: no rows", [], promoted=False, published=False)
    assert subject == "next_purchase: run failed"
    assert f"run {RUN} failed. train-00: no rows" in body
    assert "The champion stays as it was, and the published predictions stay as they were." in body
    assert "join the next run" in body


def test_a_run_that_failed_after_promotion_does_not_say_that_nothing_changed() -> None:
    _, body = failure_notice(RUN, "score-00: no rows", [], promoted=True, published=False)
    assert "Its model had already become champion, and the published predictions stay as they were." in body


def test_files_that_no_further_run_takes_are_named() -> None:
    _, body = failure_notice(RUN, "prepare-00: overflow", ["s3://b/a.csv was dropped"], promoted=False, published=False)
    assert "drop them again: s3://b/a.csv was dropped" in body
    assert "join the next run" not in body


def test_a_successful_run_tells_of_the_rows_and_files_it_did_not_use() -> None:
    half = FileReport(arrival_id="a", source="s3://b/half.csv", rows=100, accepted=99, rejected=1, duplicates=7)
    bad = FileReport(arrival_id="b", source="s3://b/bad.csv", rows=0, accepted=0, rejected=0, refused=True)
    rejections = (
        Rejection(file="next_purchase", rule=UNUSABLE_DATA, reason="never told here"),
        Rejection(file="s3://b/bad.csv", rule="header", reason="column 'InvoiceDate' is missing"),
        *(
            Rejection(file="s3://b/half.csv", line=n, column="Quantity", rule="type", reason=f"no number {n}")
            for n in (4, 9)
        ),
    )
    report = DataReport(usable=True, files=(half, bad), rejections=rejections, rows=99)
    lines = what_became_of(report, "s3://b/q", PAGE)
    assert lines == [
        "s3://b/half.csv: 100 rows, 1 set aside, 7 known already",
        "s3://b/bad.csv: refused",
        "- s3://b/bad.csv: column 'InvoiceDate' is missing",
        "- s3://b/half.csv, line 4, column 'Quantity': no number 4 (and more like it; rejected.csv has each row)",
        "What was set aside: s3://b/q/",
        f"The data report: {PAGE}",
    ]


def test_a_snapshot_that_a_newer_one_superseded_is_told_as_such() -> None:
    old = FileReport(arrival_id="a", source="s3://b/monday.csv", rows=100, accepted=100, rejected=0, superseded=True)
    lines = what_became_of(DataReport(usable=True, files=(old,), rejections=(), rows=99), "s3://b/q", PAGE)
    assert lines[0] == "s3://b/monday.csv: 100 rows, superseded by a newer snapshot"


def test_how_a_file_was_read_is_told_in_two_notes_at_most() -> None:
    notes = ("read as cp1252", "ignored columns: a, b", "a third one")
    file = FileReport(arrival_id="a", source="s3://b/a.csv", rows=100, accepted=100, rejected=0, notes=notes)
    lines = what_became_of(DataReport(usable=True, files=(file,), rejections=(), rows=100), "s3://b/q", PAGE)
    assert lines[0] == "s3://b/a.csv: 100 rows; read as cp1252; ignored columns: a, b"


def drifted(*columns: ColumnDrift) -> DataReport:
    return DataReport(usable=True, files=(), rejections=(), rows=99, drift=columns)


def test_drift_is_told_the_furthest_column_first_and_only_where_there_is_some() -> None:
    columns = (
        ColumnDrift(column="Quantity", psi=0.01, level="none"),
        ColumnDrift(column="Country", psi=0.153, level="moderate"),
        ColumnDrift(column="UnitPrice", psi=0.312, level="large"),
    )
    told = "Drift: UnitPrice PSI 0.31 (large), Country PSI 0.15 (moderate)"
    assert what_became_of(drifted(*columns), "s3://b/q", PAGE)[0] == told
    assert told in rejection_notice("orders", "too far", drifted(*columns), "s3://b/q", PAGE)[1]
    assert what_became_of(drifted(columns[0]), "s3://b/q", PAGE) == [f"The data report: {PAGE}"]


def test_a_table_of_hundreds_of_drifted_columns_makes_no_long_notice() -> None:
    columns = (ColumnDrift(column=f"c{n}", psi=0.3, level="large") for n in range(400))
    (line, _) = what_became_of(drifted(*columns), "s3://b/q", PAGE)
    assert line.endswith("and 390 more columns")
    assert len(line) < 400


def test_a_notice_says_what_asked_for_the_run_besides_files() -> None:
    causes = ["s3://b/k was dropped", "alarm low", "asked for by hand (ada): prices"]
    assert why_it_ran(causes) == ["Why it ran: alarm low; asked for by hand (ada): prices"]
    assert why_it_ran(causes[:1]) == []
    assert why_it_ran([f"alarm {number}" for number in range(5)]) == [
        "Why it ran: alarm 0; alarm 1; alarm 2; and 2 more"
    ]


def test_where_everybody_follows_nothing_is_said_of_it() -> None:
    assert still_to_follow({}) == []


def test_who_is_behind_is_told_in_one_line_with_why_and_what_to_do() -> None:
    (line,) = still_to_follow({"SAGEMAKER": None, "MLFLOW": "MLflow could not be reached: connection refused"})
    assert "SageMaker's model registry and MLflow" in line
    assert "connection refused" in line
    assert "evergreen mlflow" in line


def test_a_crm_that_may_be_down_is_not_said_to_know() -> None:
    published = Published(generation=RUN, rows=9, champion=RUN, as_of="2011-12-09")
    (line,) = whose_segment_changed(published, {"changed": 2, "customers": 9, "to": {"soon": 2}})
    assert line == "Segments: 2 of 9 customers changed (2 to soon); the CRM is being told."
