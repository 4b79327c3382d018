"""Which champions there were, and which one a rollback brings back."""

from typing import Any

import pytest

from evergreen.champions import (
    Entry,
    Generation,
    RollbackRefused,
    before_current,
    generation_of,
    rollback_target,
    tenures,
)

A, B, C, D = (f"next-purchase-0000{number}-aaaaaaaa" for number in range(1, 5))
K = "next-purchase-00009-aaaaaaaa"
WHO = "arn:aws:iam::123456789012:user/ann"


class Story:
    """A data set's history as it is told, a minute between any two changes."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def promoted(self, run_id: str, *, published: bool = True, **more: Any) -> "Story":
        model = {"model_key": f"runs/{run_id}/model.tar.gz", "metric": "mae", "metrics": {"mae": 18.9}}
        facts: dict[str, Any] = {"why": ("better",), "champion": model | {"outcome": "PROMOTE"}}
        self._add("PROMOTED", run_id, **(facts | more))
        return self.published(run_id, champion=run_id) if published else self

    def published(self, generation: str, champion: str) -> "Story":
        seen = Generation(generation=generation, rows=9, champion=champion, sample="1")
        self._add("PUBLISHED", generation, published=seen)
        return self

    def rolled_back(self, to: str) -> "Story":
        generation = generation_of(self.entries, to)
        self._add("ROLLED_BACK", to, by=WHO, why=("wrong prices",), published=generation)
        return self

    def _add(self, event: Any, run_id: str, **facts: Any) -> None:
        at = f"2026-03-02T08:{len(self.entries):02d}:00+00:00"
        self.entries.append(Entry(event=event, run_id=run_id, at=at, **facts))


def test_the_champion_before_is_the_one_that_the_present_one_replaced() -> None:
    assert before_current(Story().promoted(A).promoted(B).promoted(C).entries) == B


def test_rolling_back_twice_goes_further_back_and_not_to_and_fro() -> None:
    story = Story().promoted(A).promoted(B).promoted(C).rolled_back(B)
    assert before_current(story.entries) == A
    assert before_current(story.rolled_back(A).entries) is None


def test_a_champion_promoted_after_a_rollback_leads_back_to_the_one_that_was_rolled_back_to() -> None:
    assert before_current(Story().promoted(A).promoted(B).rolled_back(A).promoted(C).entries) == A


def test_a_rollback_that_skips_one_goes_on_from_where_it_arrived() -> None:
    assert before_current(Story().promoted(A).promoted(B).promoted(C).rolled_back(A).entries) is None


def test_an_undone_rollback_can_be_done_again() -> None:
    assert before_current(Story().promoted(A).promoted(B).rolled_back(A).rolled_back(B).entries) == A


def test_the_generation_that_comes_back_is_the_newest_published_with_that_champion() -> None:
    story = Story().promoted(A).published(K, champion=A).promoted(B)
    found = generation_of(story.entries, A)
    assert found
    assert found.generation == K


def test_the_target_is_the_earlier_model_with_its_newest_predictions() -> None:
    story = Story().promoted(A).published(K, champion=A).promoted(B)
    target = rollback_target(story.entries, B, None)
    assert (target.run_id, target.published.generation) == (A, K)
    assert target.champion["model_key"] == f"runs/{A}/model.tar.gz"
    assert target.promoted_at == story.entries[0].at


def test_any_earlier_champion_can_be_named_and_a_later_one_too() -> None:
    story = Story().promoted(A).promoted(B).promoted(C)
    assert rollback_target(story.entries, C, A).run_id == A
    assert rollback_target(story.rolled_back(A).entries, A, C).run_id == C


def test_the_first_champion_has_none_before_it() -> None:
    with pytest.raises(RollbackRefused, match=f"{A} has no champion before it"):
        rollback_target(Story().promoted(A).entries, A, None)


def test_where_only_later_champions_are_left_one_is_named() -> None:
    with pytest.raises(RollbackRefused, match=f"--to {B}"):
        rollback_target(Story().promoted(A).promoted(B).rolled_back(A).entries, A, None)


def test_a_run_that_was_never_champion_is_refused_with_those_that_were() -> None:
    with pytest.raises(RollbackRefused, match=f"{D} was never champion; these were: {A}, {B}"):
        rollback_target(Story().promoted(A).promoted(B).published(D, champion=B).entries, B, D)


def test_the_champion_in_use_is_refused() -> None:
    with pytest.raises(RollbackRefused, match="is the champion already"):
        rollback_target(Story().promoted(A).promoted(B).entries, B, B)


def test_a_champion_that_never_published_is_refused_with_the_nearest_that_did() -> None:
    story = Story().promoted(A).promoted(B, published=False).promoted(C)
    with pytest.raises(RollbackRefused, match=f"nothing was ever published with the model of {B}.*--to {A}"):
        rollback_target(story.entries, C, None)


def test_a_champion_whose_model_the_history_does_not_name_is_refused() -> None:
    story = Story().promoted(A, champion={}).promoted(B)
    with pytest.raises(RollbackRefused, match="where the model of"):
        rollback_target(story.entries, B, None)


def test_every_champion_is_told_newest_first_with_how_it_came_and_went() -> None:
    story = Story().promoted(A).promoted(B, by=WHO).rolled_back(A).promoted(C)
    told = [(each.run_id, each.made_by, each.ended) for each in tenures(story.entries)]
    assert told == [
        (C, "verdict PROMOTE", "in use"),
        (A, f"rollback by {WHO}", f"replaced by {C}"),
        (B, f"verdict PROMOTE, approved by {WHO}", f"rolled back by {WHO}: wrong prices"),
        (A, "verdict PROMOTE", f"replaced by {B}"),
    ]


def test_a_champion_is_told_with_its_time_reasons_metric_and_newest_predictions() -> None:
    story = Story().promoted(A).published(K, champion=A).promoted(B)
    _, first = tenures(story.entries)
    assert (first.since, first.until) == (story.entries[0].at, story.entries[3].at)
    assert (first.why, first.metric, first.value, first.generation) == (("better",), "mae", 18.9, K)


def test_the_predictions_of_a_champion_that_came_back_are_those_it_came_back_with() -> None:
    newest, *_ = tenures(Story().promoted(A).promoted(B).rolled_back(A).entries)
    assert newest.generation == A
    newest, *_ = tenures(Story().promoted(A).promoted(B).rolled_back(A).published(K, champion=A).entries)
    assert newest.generation == K


def test_a_champion_without_predictions_is_told_without_any() -> None:
    (only,) = tenures(Story().promoted(A, published=False).entries)
    assert only.generation is None
    assert tenures([]) == []
