"""What a generation is made of, what is different from the one before, and which ones may go."""

import pytest

from evergreen.champions import Entry, Generation
from evergreen.generations import LoadedPart, Published, ScoringPart, reconcile
from evergreen.keeping import superseded


def promoted(run: str, fence: int) -> Entry:
    return Entry(event="PROMOTED", run_id=run, at=f"2026-03-{fence:02d}", fence=fence)


def published(run: str, champion: str, fence: int) -> Entry:
    generation = Generation(generation=run, rows=3, champion=champion)
    return Entry(event="PUBLISHED", run_id=run, at=f"2026-03-{fence:02d}", fence=fence, published=generation)


def back(run: str, generation: str, replaced: str, fence: int) -> Entry:
    seen = Generation(generation=generation, rows=3, champion=run)
    at = f"2026-03-{fence:02d}"
    return Entry(event="ROLLED_BACK", run_id=run, at=at, fence=fence, replaced=replaced, published=seen)


def of_one_champion(*runs: str) -> list[Entry]:
    return [promoted(runs[0], 1), *(published(run, runs[0], number) for number, run in enumerate(runs, start=1))]


@pytest.mark.parametrize(("keep", "gone"), [(1, ["a", "b", "c"]), (2, ["a", "b"]), (4, []), (100, [])])
def test_the_newest_generations_stay(keep: int, gone: list[str]) -> None:
    assert superseded(of_one_champion("a", "b", "c", "d"), "d", keep) == gone


def test_the_newest_generation_of_as_many_champions_before_stays_for_rollbacks() -> None:
    history = []
    for number, champion in enumerate(("a", "b", "c", "d"), start=1):
        history += [promoted(champion, 10 * number), published(champion, champion, 10 * number)]
        history += [published(f"{champion}{again}", champion, 10 * number + again) for again in (1, 2)]
    assert superseded(history, "d2", 1) == ["a", "a1", "a2", "b", "b1", "b2", "c", "c1", "d", "d1"]
    assert superseded(history, "d2", 2) == ["a", "a1", "a2", "b", "b1", "c", "c1", "d"]


def test_what_readers_see_stays_however_old_and_so_does_the_way_back() -> None:
    history = [promoted("a", 1), published("a", "a", 1), promoted("b", 2), published("b", "b", 2)]
    history += [published("b1", "b", 3), back("a", "a", "b", 4)]
    assert superseded(history, "a", 1) == ["b"], "b1 undoes the rollback"
    later = [*history, published("c", "a", 5), published("d", "a", 6)]
    assert superseded(later, "d", 1) == ["a", "b", "c"]


def parts(*rows: int) -> list[ScoringPart]:
    return [ScoringPart(part=f"part-{number}", rows=each) for number, each in enumerate(rows)]


def loaded(part: ScoringPart, **facts: int) -> LoadedPart:
    return LoadedPart(**{**part.model_dump(), "scored": part.rows, "written": part.rows, "sample": part.part, **facts})


def test_parts_that_agree_make_a_whole_with_their_sums() -> None:
    one, other = parts(3, 2)
    found = [
        loaded(one).model_copy(update={"segments": {"a": 1, "-": 2}}),
        loaded(other).model_copy(update={"segments": {"a": 2}}),
    ]
    whole = reconcile([one, other], found)
    assert (whole.rows, whole.parts, whole.sample, whole.segments) == (5, 2, "part-0", {"a": 3, "-": 2})


def test_a_generation_is_told_with_what_is_different_from_the_one_before() -> None:
    before = Published(generation="g1", rows=1000, champion="g1", segments={"at_risk": 40, "gone": 3})
    now = Published(generation="g2", rows=1200, champion="g1", segments={"at_risk": 55, "-": 7}).after(before)
    assert now.changes
    assert now.changes.replaces == "g1"
    assert now.compared == " 1,000 before; at_risk: 55, 40 before; in no segment: 7, 0 before; gone: 0, 3 before."


def test_without_segments_and_with_as_many_rows_there_is_nothing_to_compare() -> None:
    before = Published(generation="g1", rows=1000, champion="g1")
    assert Published(generation="g2", rows=1000, champion="g1").after(before).compared == ""
    assert Published(generation="g2", rows=1000, champion="g1").after(before, (0, 0)).compared == ""


def test_who_came_and_who_went_is_told_even_where_as_many_came_as_went() -> None:
    before = Published(generation="g1", rows=1000, champion="g1")
    now = Published(generation="g2", rows=1000, champion="g1").after(before, (1200, 1200))
    assert now.compared == " 1,200 entities are new, 1,200 are gone."
    assert Published(generation="g1", rows=1000, champion="g1").after(None).compared == ""
