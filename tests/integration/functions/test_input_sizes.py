import pytest

from functions.pin_inputs.sizes import PACKED_TIMES, text_bytes


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "gz", "a.parquet.csv", "file"])
def test_plain_text_counts_as_it_is(name: str) -> None:
    assert text_bytes(f"runs/d/r/input/0000/{name}", 70) == 70


@pytest.mark.parametrize("name", ["a.csv.gz", "A.CSV.GZ", "a.parquet", "a.zip", "a.csv.zst"])
def test_what_is_packed_counts_as_the_text_that_it_holds(name: str) -> None:
    assert text_bytes(f"accepted/d/r/{name}", 70) == 70 * PACKED_TIMES
