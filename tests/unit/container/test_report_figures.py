import pytest

from container.report.figures import about, dollars, figure, share
from container.report.profiling import steps


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (-80995.0, "−80,995"), (2.5512, "2.551"), (12345.6, "12,346"), (1e-7, "1e-07"), (0.0, "0")],
)
def test_a_number_keeps_the_digits_that_matter(value: float, text: str) -> None:
    assert figure(value) == text


def test_an_infinite_mean_is_said_in_words() -> None:
    assert figure(float("inf")) == "beyond all numbers"


@pytest.mark.parametrize(
    ("part", "text"),
    [(0, "0%"), (1, "100%"), (0.0004, "<0.1%"), (0.9996, ">99.9%"), (0.5, "50.0%")],
)
def test_a_share_that_is_there_is_never_written_as_nothing(part: float, text: str) -> None:
    assert share(part) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "–"), (0.0, "$0.0000"), (0.00004, "<$0.0001"), (0.01234, "$0.0123"), (1234.5, "$1,234.50")],
)
def test_money_is_told_to_the_hundredth_of_a_cent_while_it_is_little(amount: float | None, text: str) -> None:
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (295.3, 304.1), (-1e-9, 1e-9), (1e12, 1e12 + 1), (-5, 1e300), (7, 7)],
)
def test_the_steps_of_a_picture_cover_the_values_and_are_few(low: float, high: float) -> None:
    found = steps(low, high, whole=False)
    assert found[0] < low <= high <= found[-1]
    assert 2 <= len(found) <= 25
    assert list(found) == sorted(set(found))


def test_the_steps_of_whole_numbers_are_whole() -> None:
    assert steps(1, 12, whole=True) == tuple(float(each) for each in range(13))


@pytest.mark.parametrize(("count", "text"), [(29_590, "about 30,000"), (25, "about 20"), (7, "about 7")])
def test_an_estimated_count_has_one_digit_that_matters(count: int, text: str) -> None:
    assert about(count) == text
