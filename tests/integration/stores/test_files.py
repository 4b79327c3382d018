import pytest
from botocore.exceptions import ClientError

from evergreen.errors import ObjectUnreadable, StoreUnavailable
from evergreen.manifest import DataSummary
from evergreen.stores.files import Files
from tests.integration.stores.aws import BUCKET, Account, answers

SUMMARY = DataSummary(usable=True, reason="4,372 customers", rows=9, scoring_rows=4)


@pytest.fixture
def files(aws: Account) -> Files:
    return Files(aws.s3, BUCKET)


def test_a_document_is_read_as_it_was_written(files: Files) -> None:
    assert files.write("runs/a/summary.json", SUMMARY) == f"s3://{BUCKET}/runs/a/summary.json"
    assert files.read("runs/a/summary.json", DataSummary) == SUMMARY


def test_the_content_of_an_object_is_its_bytes_and_of_none_nothing(aws: Account, files: Files) -> None:
    aws.put("runs/r/report.html", "<!doctype html>")
    assert files.content("runs/r/report.html") == b"<!doctype html>"
    assert files.content("runs/r/other.html") is None


def test_content_that_may_not_be_read_is_not_taken_for_missing(aws: Account, files: Files) -> None:
    answers(aws.s3, "GetObject", code="AccessDenied", status=403)
    with pytest.raises(ClientError, match="AccessDenied"):
        files.content("runs/r/report.html")


def test_a_frozen_version_is_the_one_asked_for_and_not_the_newest(aws: Account, files: Files) -> None:
    old = aws.put("incoming/a.csv", "old")
    aws.put("incoming/a.csv", "new")
    assert files.freeze(BUCKET, "incoming/a.csv", old, to="runs/r/a.csv")
    assert aws.text("runs/r/a.csv") == "old"


def test_a_frozen_copy_stays_when_its_source_is_overwritten_and_deleted(aws: Account, files: Files) -> None:
    version = aws.put("incoming/a.csv", "old")
    files.freeze(BUCKET, "incoming/a.csv", version, to="runs/r/a.csv")
    aws.put("incoming/a.csv", "new")
    aws.s3.delete_object(Bucket=BUCKET, Key="incoming/a.csv")
    assert aws.text("runs/r/a.csv") == "old"


def test_an_object_without_versions_is_frozen_as_it_is(aws: Account, files: Files) -> None:
    aws.s3.create_bucket(Bucket="plain")
    aws.s3.put_object(Bucket="plain", Key="a.csv", Body=b"x")
    assert files.freeze("plain", "a.csv", "null", to="runs/r/a.csv")
    assert aws.text("runs/r/a.csv") == "x"


def test_a_version_hidden_by_a_delete_marker_can_still_be_frozen(aws: Account, files: Files) -> None:
    version = aws.put("incoming/a.csv", "old")
    aws.s3.delete_object(Bucket=BUCKET, Key="incoming/a.csv")
    assert files.freeze(BUCKET, "incoming/a.csv", version, to="runs/r/a.csv")


def test_a_version_that_is_gone_is_told_and_nothing_is_written(aws: Account, files: Files) -> None:
    version = aws.put("incoming/a.csv")
    aws.s3.delete_object(Bucket=BUCKET, Key="incoming/a.csv", VersionId=version)
    assert not files.freeze(BUCKET, "incoming/a.csv", version, to="runs/r/a.csv")
    assert aws.keys("runs/") == []


def test_a_version_that_may_not_be_read_is_no_missing_version(aws: Account, files: Files) -> None:
    version = aws.put("incoming/a.csv")
    answers(aws.s3, "HeadObject", code="403", status=403)
    with pytest.raises(ClientError, match="403"):
        files.freeze(BUCKET, "incoming/a.csv", version, to="runs/r/a.csv")


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("InvalidObjectState", 403, "it is archived; restore it"),
        ("InvalidRequest", 400, "a key that only its owner has"),
        ("AccessDenied", 403, "kms:Decrypt"),
        ("KMS.DisabledException", 400, "its KMS key is disabled or deleted"),
    ],
)
def test_a_version_that_s3_will_not_give_is_told_with_what_its_owner_can_do(
    aws: Account, files: Files, code: str, status: int, words: str
) -> None:
    version = aws.put("incoming/a.csv")
    answers(aws.s3, "GetObject", code=code, status=status, times=2)
    with pytest.raises(ObjectUnreadable, match=words):
        files.version(BUCKET, "incoming/a.csv", version)
    answers(aws.s3, "HeadObject", code=str(status), status=status)  # it has no body, so it does not say why
    with pytest.raises(ObjectUnreadable, match=words):
        files.freeze(BUCKET, "incoming/a.csv", version, to="runs/r/a.csv")


def test_a_bucket_that_does_not_answer_now_is_worth_another_try(aws: Account, files: Files) -> None:
    answers(aws.s3, "PutObject", code="SlowDown", status=503)
    with pytest.raises(StoreUnavailable, match="write runs/a"):
        files.write("runs/a.json", b"{}")


def test_keys_come_in_order_and_page_after_page(aws: Account, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in (3, 1, 4, 0, 2):
        aws.put(f"many/{number}")
    assert files.keys("many/") == [f"many/{number}" for number in range(5)]
    assert files.keys("none/") == []


def test_lines_are_read_without_their_ends(aws: Account, files: Files) -> None:
    aws.put("a.out", "17850,20.1,0.7\nMüller,3.0,0.2\n")
    assert list(files.lines("a.out")) == ["17850,20.1,0.7", "Müller,3.0,0.2"]


def test_a_uri_of_this_bucket_is_its_key_and_any_other_is_refused(files: Files) -> None:
    assert files.key(f"s3://{BUCKET}/runs/a") == "runs/a"
    with pytest.raises(ValueError, match="s3://evergreen-data-of-others/runs/a is not in s3://evergreen-data/"):
        files.key("s3://evergreen-data-of-others/runs/a")


def test_sizes_are_of_every_object_under_the_prefix_and_of_its_newest_version(aws: Account, files: Files) -> None:
    aws.put("accepted/d/1.parquet", "old and longer")
    aws.put("accepted/d/1.parquet", "new")
    aws.put("accepted/d/2.parquet", "")
    aws.put("accepted/e/3.parquet", "x")
    assert files.sizes("accepted/d/") == {"accepted/d/1.parquet": 3, "accepted/d/2.parquet": 0}
