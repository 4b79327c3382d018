import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.runs import dataset_of, run_id_for

datasets = st.from_regex(r"[a-z][a-z0-9_]{1,29}", fullmatch=True)
fences = st.integers(min_value=1, max_value=99_999)
arrivals = st.lists(st.text("0123456789abcdef", min_size=16, max_size=16), unique=True, max_size=5)


@given(datasets, fences, arrivals)
def test_a_run_id_names_its_data_set_and_leaves_room_for_a_job_name(dataset: str, fence: int, ids: list[str]) -> None:
    run_id = run_id_for(dataset, fence, ids)
    assert dataset_of(run_id) == dataset
    assert len(run_id) <= 45
    assert set(run_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(datasets, fences, arrivals, st.randoms())
def test_the_same_lease_always_gives_the_same_run_id(dataset: str, fence: int, ids: list[str], shuffle: object) -> None:
    again = sorted(ids, key=lambda _: shuffle.random())  # type: ignore[attr-defined]
    assert run_id_for(dataset, fence, ids) == run_id_for(dataset, fence, again)


@given(datasets, fences, fences, arrivals, arrivals)
def test_run_ids_sort_in_the_order_in_which_the_runs_started(
    dataset: str, one: int, other: int, these: list[str], those: list[str]
) -> None:
    earlier, later = sorted((one, other))
    if earlier < later:
        assert run_id_for(dataset, earlier, these) < run_id_for(dataset, later, those)


def test_other_arrivals_give_another_run_id() -> None:
    assert run_id_for("next_purchase", 1, ["a"]) != run_id_for("next_purchase", 1, ["b"])
    assert run_id_for("next_purchase", 1, ["a"]) != run_id_for("next_purchase", 1, ["a", "b"])


@pytest.mark.parametrize(
    "text", ["", "hello", "next-purchase", "next-purchase-1-3f2a9c81", "next-purchase-00001-xyz", "Next-00001-3f2a9c81"]
)
def test_a_text_that_is_no_run_id_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a run id; they look like next-purchase-00001-3f2a9c81"):
        dataset_of(text)
