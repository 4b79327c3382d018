"""What is recorded of a model, within SageMaker's limits."""

import unicodedata

import pytest

from evergreen.gate import Gate
from evergreen.lineage import Lineage, Origin, approval_status, description, first_word, package_properties
from evergreen.manifest import DataReport
from evergreen.teachers import TeachersReport
from evergreen.verdict import Outcome, Verdict
from tests.unit.core.evaluations import with_champion, without_champion

RUN = "next-purchase-00007-3f2a9c81"
DATA = DataReport(
    usable=True,
    files=(),
    rejections=(),
    rows=536_641,
    train_rows=18_629,
    first_day="2010-12-01",
    last_day="2011-12-09",
    holdout_cutoff="2011-09-11",
    features_hash="ca2f50604a40ac96" * 4,
)


def verdict(*reasons: str, promote: bool = True) -> Verdict:
    return Verdict(
        outcome=Outcome.PROMOTE if promote else Outcome.KEEP, promote=promote, reasons=reasons or ("better",)
    )


def lineage(**known: object) -> Lineage:
    said: dict[str, object] = {
        "dataset": "next_purchase",
        "run_id": RUN,
        "manifest_uri": f"s3://data/runs/next_purchase/{RUN}/run.json",
        "report_uri": f"s3://data/runs/next_purchase/{RUN}/evaluation/report.html",
        "algorithm": "xgboost",
        "hyperparameters": {"eta": "0.05"},
        "data": DATA,
        "evaluation": with_champion(),
        "verdict": verdict("mae 18.9 against 19.7 of the champion (95% interval)."),
        "origin": Origin("0123abcd" * 5 + "-dirty", "123.dkr.ecr.us-east-1.amazonaws.com/evergreen@sha256:" + "0" * 64),
    }
    return Lineage(**(said | known))  # type: ignore[arg-type]


def may_stand(character: str) -> bool:
    """SageMaker's pattern of a property: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*."""
    return unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@"


def test_a_package_says_which_data_code_image_and_verdict_it_came_of() -> None:
    told = package_properties(lineage())
    assert told["run_id"] == RUN
    assert told["data_manifest"].endswith("/run.json")
    assert told["git_commit"].endswith("-dirty")
    assert told["image"].endswith("@sha256:" + "0" * 64)
    assert (told["verdict"], told["metric"]) == ("PROMOTE", "mae")
    assert (told["challenger_mae"], told["champion_mae"], told["baseline_mae"]) == ("18.9", "19.7", "26.0")
    assert told["data_window"] == "2010-12-01 - 2011-12-09"
    assert told["features_hash"] == DATA.features_hash


@pytest.mark.parametrize(
    "reason",
    ["x" * 5000, "zu groß: 12 € für Zoë, 数据 {…} \x00\n\ttab", "ends with spaces" + " " * 300, "(), '\"%", "naïve 🌲"],
)
def test_no_property_holds_what_sagemaker_refuses(reason: str) -> None:
    told = package_properties(lineage(verdict=verdict(reason), algorithm=reason))
    assert 1 <= len(told) <= 50
    for name, value in told.items():
        assert 1 <= len(name) <= 128
        assert 1 <= len(value) <= 256, name
        assert all(may_stand(each) for each in name + value), (name, value)


def test_letters_of_every_language_stay() -> None:
    assert package_properties(lineage(verdict=verdict("größer als Zoë 数据")))["reason"] == "größer als Zoë 数据"


def test_what_is_not_known_is_left_out() -> None:
    told = package_properties(lineage(data=None, evaluation=without_champion(), origin=None))
    assert not {"git_commit", "image", "features_hash", "data_window", "champion_mae"} & set(told)


@pytest.mark.parametrize(
    ("promote", "approval", "status"),
    [
        (True, "none", "Approved"),
        (True, "manual", "PendingManualApproval"),
        (False, "none", "Rejected"),
        (False, "manual", "Rejected"),
    ],
)
def test_a_package_stands_as_its_challenger_was_judged(promote: bool, approval: str, status: str) -> None:
    assert approval_status(verdict(promote=promote), Gate.model_validate({"approval": approval})) == status


def test_a_description_is_one_line_that_sagemaker_takes() -> None:
    assert description("one\ntwo\r\n  three") == "one two three"
    long = description("word " * 1000)
    assert len(long) <= 1024
    assert long.endswith(" …")


def test_a_reason_that_is_cut_short_says_so_and_ends_with_a_whole_number() -> None:
    told = package_properties(lineage(verdict=verdict("x" * 240 + " 12345678901234567")))["reason"]
    assert told == "x" * 240 + " ..."


def test_a_package_that_waits_says_how_to_decide_for_an_approval_in_sagemaker_moves_nothing() -> None:
    manual = Gate.model_validate({"approval": "manual"})
    assert f"evergreen approve {RUN}" in first_word(RUN, verdict("better"), manual)
    assert (
        first_word(RUN, verdict("better"), Gate())
        == first_word(RUN, verdict("better", promote=False), manual)
        == "better"
    )


def test_a_package_says_how_many_rows_came_from_where() -> None:
    data = DATA.model_copy(update={"rows_by_source": {"dropped": 18_000, "outcomes": 629}})
    teachers = TeachersReport(
        samples=90, agreed=80, labelled=70, weight=0.5, min_agreement=0.8, audit_rows=50, audited=40, precision=0.95,
        classes={}, reason="learned from",
    )  # fmt: skip
    told = package_properties(lineage(data=data, teachers=teachers))
    found = {name: told[name] for name in told if name.startswith("train_rows_")}
    assert found == {"train_rows_dropped": "18000", "train_rows_outcomes": "629", "train_rows_teachers": "70"}
