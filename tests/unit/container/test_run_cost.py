import pytest

from container.report.model.cost import Cost, Step, price


def test_an_hour_of_an_instance_costs_its_price() -> None:
    assert Step("train", 3600, "ml.m5.large").dollars == pytest.approx(0.115)


def test_a_function_is_priced_by_its_memory() -> None:
    assert Step("prepare", 1.0, "lambda.4096MB").dollars == pytest.approx(4 * 0.0000166667)


@pytest.mark.parametrize("instance", [None, "", "ml.unheard.of", "lambda.", "lambda.manyMB"])
def test_what_is_not_on_the_list_has_no_price(instance: str | None) -> None:
    assert price(instance) is None


def test_a_sum_holds_what_is_known_and_says_when_something_is_not() -> None:
    cost = Cost((Step("a", 10, "ml.m5.large"), Step("b", 20, None), Step("c", None, "ml.m5.large")))
    assert cost.seconds == 30
    assert cost.dollars == pytest.approx(10 * 0.115 / 3600)
    assert not cost.complete
    assert Cost((Step("c", None, None),)).dollars is None
