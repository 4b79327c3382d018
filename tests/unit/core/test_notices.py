import pytest

from evergreen.manifest import DataReport, Rejection
from evergreen.notices import Published, failure_notice, rejection_notice, verdict_notice
from evergreen.verdict import Outcome, Verdict

RUN = "next-purchase-00007-3f2a9c81"


def verdict(outcome: Outcome) -> Verdict:
    return Verdict(outcome=outcome, promote=False, reasons=("mae 18.9 against 19.7.", "It is enough."))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_headline_of_its_own(outcome: Outcome) -> None:
    subject, body = verdict_notice(RUN, verdict(outcome), None, had_champion=True)
    others = {verdict_notice(RUN, verdict(each), None, had_champion=True)[0] for each in Outcome if each is not outcome}
    assert subject.startswith("next_purchase: ")
    assert subject not in others
    assert body.startswith(f"{subject} ({outcome}).")


@pytest.mark.parametrize("outcome", [Outcome.KEEP, Outcome.INCONCLUSIVE])
def test_nobody_is_told_of_a_champion_that_was_kept_when_there_is_none(outcome: Outcome) -> None:
    subject, _ = verdict_notice(RUN, verdict(outcome), None, had_champion=False)
    assert "still no champion" in subject
    assert "kept" not in subject


def test_a_first_champion_is_told_as_one() -> None:
    first = verdict(Outcome.FIRST).model_copy(update={"promote": True})
    assert verdict_notice(RUN, first, None, had_champion=False)[0] == "next_purchase: first champion"


def test_a_verdict_is_told_with_its_reasons_what_was_published_and_where_to_look() -> None:
    published = Published(generation=RUN, rows=4372, champion=RUN, as_of="2011-12-09")
    _, body = verdict_notice(RUN, verdict(Outcome.PROMOTE), published, had_champion=True)
    assert body.splitlines()[1:] == [
        "mae 18.9 against 19.7.",
        "It is enough.",
        f"Published 4,372 predictions as of 2011-12-09, generation {RUN}.",
        f"Look closer: evergreen run {RUN}",
    ]


def test_a_run_that_published_nothing_says_so() -> None:
    _, body = verdict_notice(RUN, verdict(Outcome.KEEP), None, had_champion=True)
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
    report = DataReport(usable=False, files=(), rejections=(place,), rows=0)
    subject, body = rejection_notice("next_purchase", "No row is left.", report, "s3://b/quarantine/next_purchase/r")
    assert subject == "next_purchase: data rejected"
    assert "No row is left." in body
    assert "- s3://b/incoming/next_purchase/a.csv, line 7, column 'Quantity': 'many' is no integer" in body
    assert "s3://b/quarantine/next_purchase/r/" in body
    assert "drop it again" in body


def test_a_rejection_of_a_whole_file_names_no_line() -> None:
    whole = Rejection(file="a.csv", rule="header", reason="the header lacks 'CustomerID'")
    assert whole.sentence() == "a.csv: the header lacks 'CustomerID'"


def test_a_failed_run_is_told_with_its_cause_and_what_becomes_of_the_files() -> None:
    subject, body = failure_notice("next_purchase", RUN, "train-00: no rows")
    assert subject == "next_purchase: run failed"
    assert f"run {RUN} failed. train-00: no rows" in body
    assert "join the next run" in body
    assert f"evergreen run {RUN}" in body
