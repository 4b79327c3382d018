from evergreen import entities
from evergreen.entities import added_and_removed, digest, packed


def test_who_came_and_who_went_is_counted_across_parts() -> None:
    before = [packed(map(digest, ("1", "2", "Ö"))), packed(map(digest, ("3",)))]
    now = [packed(map(digest, ("3", "1"))), packed(map(digest, ("5", "01", "Ö")))]
    assert added_and_removed(before, now) == (2, 1)
    assert added_and_removed(before, before) == (0, 0)
    assert added_and_removed([], now) == (5, 0)


def test_many_are_compared_range_by_range_with_the_same_result() -> None:
    count = entities._AT_ONCE
    before = [packed(map(digest, map(str, range(count + 1000))))]
    now = [packed(map(digest, map(str, range(500, count + 2000))))]
    assert added_and_removed(before, now) == (1000, 500)
