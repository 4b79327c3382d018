"""Real-time endpoints: the template has none, and who makes them may touch those of this stack alone."""

from tests.infrastructure.template import Template, role_of


def test_the_template_itself_has_no_endpoint_so_that_idle_costs_nothing(template: Template) -> None:
    for kind in ("Endpoint", "EndpointConfig", "Model"):
        assert not template.of(f"AWS::SageMaker::{kind}")


def test_endpoints_are_made_changed_and_deleted_by_one_function_and_only_those_called_after_the_stack(
    template: Template,
) -> None:
    _, mover = template.function("update_endpoint")
    theirs = [each for each in template.statements_of(role_of(mover)) if each.actions[0].startswith("sagemaker:")]
    for statement in theirs:
        for arn in statement.resources:
            kind, name = arn.rsplit(":", 1)[1].split("/")
            assert name.lower() == "evergreen-*", arn
            assert kind in ("endpoint", "endpoint-config", "model")
    changing = {"sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint"}
    who = [each for each in template.statements() if changing & set(each.actions)]
    assert who == [each for each in theirs if changing & set(each.actions)]


def test_it_may_wait_as_long_as_a_function_can_and_its_state_waits_for_it(template: Template) -> None:
    _, mover = template.function("update_endpoint")
    assert mover["Timeout"] == 900


def test_the_scoring_function_may_ask_endpoints_and_do_nothing_else_to_them(template: Template) -> None:
    _, scoring = template.image_function("predict_rows")
    (asking,) = (each for each in template.statements_of(role_of(scoring)) if "sagemaker" in str(each.actions))
    assert asking.actions == ["sagemaker:InvokeEndpoint"]
    assert all(each.rsplit("/", 1)[1].lower() == "evergreen-*" for each in asking.resources)


def test_both_who_roll_back_have_the_endpoint_follow(template: Template) -> None:
    name, _ = template.function("update_endpoint")
    _, watch = template.function("watch_yield")
    may = [each for each in template.statements_of(role_of(watch)) if "lambda:InvokeFunction" in each.actions]
    assert f"${{{name}.Arn}}" in [arn for each in may for arn in each.resources]
    assert name in str(watch["Environment"]["Variables"]["UPDATE_ENDPOINT_FUNCTION"])
