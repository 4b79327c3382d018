"""The function that explains predictions: it reads runs, and nothing else."""

from tests.infrastructure.template import Template, role_of


def test_it_reads_runs_and_writes_nothing(template: Template) -> None:
    _, function = template.image_function("explain_prediction")
    bucket, _ = template.one("AWS::S3::Bucket")
    may = template.statements_of(role_of(function))
    actions = {action for each in may for action in each.actions}
    assert actions == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
    }
    (read,) = (each for each in may if "s3:GetObject" in each.actions)
    assert read.resources == [f"${{{bucket}.Arn}}/runs/*"]


def test_nobody_but_whom_iam_permits_can_ask_it(template: Template) -> None:
    name, _ = template.image_function("explain_prediction")
    granted = [each for each in template.of("AWS::Lambda::Permission").values() if name in str(each["FunctionName"])]
    assert granted == []
    assert not template.of("AWS::Lambda::Url")
