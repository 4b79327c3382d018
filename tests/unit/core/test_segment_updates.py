"""Which customers have to be told of."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.segment_updates import SHARDS, Standing, Told, Want, compare, has_news, hints, shard_of

SEGMENT = st.sampled_from(["at_risk", "soon", None])
CUSTOMER = st.sampled_from([str(number) for number in range(30)])


def test_only_those_whose_segment_changed_are_told_of() -> None:
    known = {"1": Standing("at_risk"), "2": Standing("soon"), "3": Standing(None)}
    found = compare(known, {"1": "at_risk", "2": "at_risk", "3": None, "4": "soon", "5": None})
    assert found.changed == {"2": "at_risk", "4": "soon"}
    assert found.waiting == []


def test_whoever_is_in_the_generation_no_more_has_no_segment_any_more() -> None:
    assert compare({"1": Standing("soon")}, {}).changed == {"1": None}
    assert compare({"1": Standing(None)}, {}).changed == {}


def test_what_was_not_told_yet_is_hinted_at_again() -> None:
    found = compare({"1": Standing("soon", waiting=True), "2": Standing("soon", waiting=True)}, {"1": "soon"})
    assert (found.waiting, found.changed) == (["1"], {"2": None})


@given(
    st.dictionaries(CUSTOMER, st.builds(Standing, SEGMENT, st.booleans())),
    st.dictionaries(CUSTOMER, SEGMENT),
)
def test_after_a_comparison_everybody_stands_where_the_generation_says(
    known: dict[str, Standing], wanted: dict[str, str | None]
) -> None:
    found = compare(known, wanted)
    after = {entity: each.segment for entity, each in known.items()} | found.changed
    assert {entity: segment for entity, segment in after.items() if segment} == {
        entity: segment for entity, segment in wanted.items() if segment
    }
    assert not compare({entity: Standing(segment) for entity, segment in after.items()}, wanted).changed
    assert not set(found.changed) & set(found.waiting)


def want(segment: str | None, sequence: int, *, again: bool = False) -> Want:
    said = {"entity": "1", "event_id": f"e{sequence}", "generation": f"g{sequence}", "run_id": "r", "at": "now"}
    return Want(**said, segment=segment, sequence=sequence, again=again)


@pytest.mark.parametrize(
    ("asked", "told", "news"),
    [
        (want("soon", 2), None, True),
        (want("soon", 2), Told(entity="1", error="the CRM answered 422"), True),
        (want("soon", 2), Told(entity="1", segment="at_risk", event_id="e1", sequence=1), True),
        (want("soon", 2), Told(entity="1", segment="soon", event_id="e1", sequence=1), False),
        (want("soon", 2, again=True), Told(entity="1", segment="soon", event_id="e1", sequence=1), True),
        (want("soon", 2), Told(entity="1", segment="at_risk", event_id="e3", sequence=3), False),
    ],
    ids=["never told", "refused so far", "another", "the same as known", "asked for again", "older than known"],
)
def test_the_crm_hears_what_it_does_not_know_and_nothing_older(asked: Want, told: Told | None, news: bool) -> None:
    assert has_news(asked, told) is news


def test_customers_of_one_shard_share_hints_and_a_shard_is_a_group() -> None:
    def of(shard: int) -> Iterator[str]:
        return (str(number) for number in range(400) if shard_of(str(number)) == shard)

    for shard in range(SHARDS):
        made = list(hints("next_purchase", of(shard)))
        assert {hint.group for hint in made} == {f"next_purchase#{shard}"}
        assert sorted(entity for hint in made for entity in hint.entities) == sorted(of(shard))
        assert max(len(hint.entities) for hint in made) <= 25
