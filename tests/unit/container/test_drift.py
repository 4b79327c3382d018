import math
import random

import pytest

from container.report import drift
from container.report.profile import Categories, ColumnProfile, Counts, Profile, Tally
from evergreen.manifest import ColumnDrift


def _champion(counts: tuple[int, ...], missing: int = 0) -> Profile:
    """A column of categories; the last count is of values that it does not list."""
    values = tuple(f"v{place}" for place in range(len(counts) - 1))
    column = ColumnProfile(
        type="text",
        distinct=len(values),
        shape=Categories(values=values, complete=True),
        tally=Tally(missing=missing, counts=counts),
    )
    return Profile(rows=sum(counts) + missing, columns={"c": column})


def _drift(champion: Profile, counts: tuple[int, ...], missing: int = 0) -> ColumnDrift:
    fresh = Counts(rows=sum(counts) + missing, columns={"c": Tally(missing=missing, counts=counts)})
    return drift.compare(champion, fresh)[0]


def test_the_index_is_what_a_hand_calculation_gives() -> None:
    # shares 0.5, 0.3, 0.2 → 0.4, 0.4, 0.2: (-0.1) ln 0.8 + 0.1 ln(4/3) + 0; both other bins are empty on both sides
    found = _drift(_champion((5000, 3000, 2000, 0)), (4000, 4000, 2000, 0))
    assert found.psi == pytest.approx(-0.1 * math.log(0.8) + 0.1 * math.log(4 / 3), abs=1e-4)
    assert found.level == "none"


def test_an_empty_bin_counts_as_a_ten_thousandth_or_half_a_row() -> None:
    assert drift.shares([0, 1_000_000]) == [1e-4, 1.0]
    assert drift.shares([0, 100]) == [0.005, 1.0]


def test_the_levels_are_those_of_the_index_for_many_rows() -> None:
    champion = _champion((50_000, 50_000, 0))
    assert _drift(champion, (50_000, 50_000, 0)).level == "none"
    assert _drift(champion, (70_000, 30_000, 0)).level == "moderate"  # 0.2 ln(7/3) = 0.169
    assert _drift(champion, (80_000, 20_000, 0)).level == "large"  # 0.3 ln 4 = 0.416


def test_missing_values_that_appear_are_drift() -> None:
    found = _drift(_champion((5000, 5000, 0)), (3000, 3000, 0), missing=4000)
    assert found.level == "large"
    words = drift.largest_move(_champion((5000, 5000, 0)).columns["c"], Tally(missing=4000, counts=(3000, 3000, 0)))
    assert words == "rows without a value: 0% before, 40.0% now"


def test_values_that_the_champion_has_not_seen_are_drift() -> None:
    assert _drift(_champion((5000, 5000, 0)), (3500, 3500, 3000)).level == "large"


@pytest.mark.parametrize("rows", [1, 3, 8])
def test_a_handful_of_rows_never_alarms(rows: int) -> None:
    champion = _champion((*[1000] * 10, 0))
    assert _drift(champion, (rows, *[0] * 10)).level == "none"


@pytest.mark.parametrize(("learned", "arrived"), [(200, 30), (1000, 100), (100_000, 150), (300, 300)])
def test_two_samples_of_one_source_hardly_ever_alarm(learned: int, arrived: int) -> None:
    weights = [30, 20, 10, 8, 8, 8, 5, 5, 3, 2, 1]
    draws = random.Random(7)

    def sample(size: int) -> tuple[int, ...]:
        drawn = draws.choices(range(11), weights, k=size)
        return tuple(drawn.count(place) for place in range(11))

    learned_counts = sample(learned)
    alarms = sum(_drift(_champion(learned_counts), sample(arrived)).level != "none" for _ in range(300))
    assert alarms <= 3


def test_no_rows_on_either_side_are_no_drift() -> None:
    assert _drift(_champion((10, 10, 0)), (0, 0, 0)).level == "none"
    assert _drift(_champion((0, 0, 0)), (10, 10, 0)).level == "none"


def test_the_rarer_of_many_categories_are_judged_together() -> None:
    column = _champion((*range(100, 60, -1), 5)).columns["c"]
    found = drift.bins(column, column.tally)
    assert len(found) == len(drift.labels(column)) == 23
    assert found[20:] == (sum(range(80, 60, -1)), 5, 0)


@pytest.mark.parametrize(("degrees", "exact"), [(1, 10.828), (2, 13.816), (5, 20.515), (11, 31.264), (22, 48.268)])
def test_the_quantile_of_chi_squared_is_near_the_tables(degrees: int, exact: float) -> None:
    assert drift.chi_squared(degrees, 0.999) == pytest.approx(exact, rel=0.035)
