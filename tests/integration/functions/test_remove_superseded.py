"""RemoveSuperseded: what nobody needs goes; what readers or a rollback may need stays, whoever is first."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.stores.registry import Change
from tests.integration.functions.conftest import Context, Handler
from tests.integration.functions.scored import Line
from tests.integration.functions.world import DATASET, World

PARTS = {"part-00000.csv": ["1,20.1,0.7", '"Smith, J",3,0.2'], "part-00001.csv": ["3,9,0.5"]}


@pytest.fixture
def line(world: World, function: Callable[[str], Handler]) -> Line:
    return Line(world, function)


def promoted(line: Line) -> dict[str, Any]:
    """A run that has a new champion and has published its predictions, and still holds the lease."""
    run = line.run(PARTS)
    before = line.world.registry.champion(DATASET)
    change = Change(DATASET, run["run_id"], run["fence"], before["run_id"] if before else None, datetime.now(UTC))
    line.world.registry.promote(change, {"model_uri": "s3://x/y", "model_key": "y"}, ("better",))
    line.load(run)
    line.publish(run)
    return run


def keeping(line: Line, generations: int, **facts: Any) -> dict[str, Any]:
    """A run with the champion that there is, which keeps so many generations."""
    run = line.run(PARTS, **facts)
    line.states(run, predictions={"keep_generations": generations})
    line.load(run)
    line.publish(run)
    return run


def test_only_the_newest_generations_and_those_a_rollback_brings_back_stay(line: Line, world: World) -> None:
    champions = []
    for _ in range(3):
        champions.append(promoted(line))
        line.end(champions[-1])
    latest = champions[-1]["run_id"]
    later = []
    for _ in range(3):
        later.append(keeping(line, 1, champion=latest))
        line.end(later[-1])
    last = keeping(line, 1, champion=latest)
    removed = line.remove(last)
    gone = [champions[0], champions[2], *later]
    assert removed == {each["run_id"]: 3 for each in gone}
    assert [line.items(each["run_id"]) for each in gone] == [0] * len(gone)
    assert line.items(champions[1]["run_id"]) == 3, "the champion before the present one"
    assert line.items(last["run_id"]) == 3
    assert line.remove(last) == {}, "again there is nothing to remove"


def test_what_a_failed_run_had_loaded_goes_too(line: Line) -> None:
    line.whole(PARTS)
    failed = line.run(PARTS)
    line.load(failed)
    line.end(failed)
    last = keeping(line, 2)
    assert line.remove(last) == {failed["run_id"]: 3}
    assert line.items(failed["run_id"]) == 0


def test_what_there_is_no_time_for_is_left_to_the_next_run(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    first = line.whole(PARTS)["run_id"]
    run, left = keeping(line, 1), iter([500_000, 0, 0])
    with monkeypatch.context() as patch:
        patch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(left))
        assert line.remove(run) == {first: 2}, "the first part"
    line.end(run)
    assert line.items(first) == 1
    following = keeping(line, 1)
    assert line.remove(following) == {first: 1, run["run_id"]: 3}
    assert line.items(first) == 0


def test_a_run_without_its_lease_removes_nothing(line: Line) -> None:
    first = line.whole(PARTS)
    run = keeping(line, 1)
    line.end(run)
    assert line.remove(run) == {}
    assert line.items(first["run_id"]) == 3
