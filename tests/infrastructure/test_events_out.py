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


def test_each_of_them_knows_the_bus(template: Template) -> None:
    bus, _ = template.one("AWS::Events::EventBus")
    for folder in TELLERS:
        _, function = template.function(folder)
        assert text(function["Environment"]["Variables"]["EVENT_BUS"]) == f"${{{bus}}}", folder
