"""The bus of our own: who may tell events there, and under which name."""

from tests.infrastructure.template import Template, role_of, text

TELLERS = (
    "dispatch",
    "promote_challenger",
    "keep_champion",
    "publish_predictions",
    "reject_data",
    "complete_run",
    "fail_run",
    "watch_yield",
)


def test_exactly_the_functions_that_change_a_data_set_or_end_a_run_tell_events_under_our_name(
    template: Template,
) -> None:
    bus, properties = template.one("AWS::Events::EventBus")
    assert properties["Name"] == "Evergreen-events"
    tellers = set()
    for function in template.of("AWS::Lambda::Function").values():
        allowed = [
            each
            for each in template.statements_of(role_of(function))
            if each.permits("events:PutEvents", f"${{{bus}.Arn}}")
        ]
        if allowed:
            tellers.add(function["Handler"].split(".")[1])
            assert [each.conditions for each in allowed] == [{"StringEquals": {"events:source": "evergreen"}}]
    assert tellers == set(TELLERS)


def test_what_was_told_can_be_replayed_for_a_month_but_not_an_event_for_each_customer(template: Template) -> None:
    bus, _ = template.one("AWS::Events::EventBus")
    _, archive = template.one("AWS::Events::Archive")
    assert archive["SourceArn"] == {"Fn::GetAtt": [bus, "Arn"]}
    assert archive["RetentionDays"] == 30
    assert archive["EventPattern"] == {
        "source": ["evergreen"],
        "detail-type": [{"anything-but": ["SegmentChanged"]}],
    }


def test_the_watch_may_have_whoever_follows_the_champion_follow_its_rollback_and_call_nothing_else(
    template: Template,
) -> None:
    _, watch = template.function("watch_yield")
    may = [each for each in template.statements_of(role_of(watch)) if "lambda:InvokeFunction" in each.actions]
    called = {resource for each in may for resource in each.resources}
    names = {folder: template.function(folder)[0] for folder in ("track_run", "update_endpoint", "update_segments")}
    assert called == {f"${{{name}.Arn}}" for name in names.values()}
    given = {text(value) for value in watch["Environment"]["Variables"].values()}
    assert {f"${{{name}}}" for name in names.values()} <= given


def test_each_of_them_knows_the_bus(template: Template) -> None:
    bus, _ = template.one("AWS::Events::EventBus")
    for folder in TELLERS:
        _, function = template.function(folder)
        assert text(function["Environment"]["Variables"]["EVENT_BUS"]) == f"${{{bus}}}", folder
