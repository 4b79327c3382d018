"""Prepared values as the model's numbers."""

import numpy as np
import pyarrow as pa

from container.rows import column_values
from container.signature import Feature


def test_a_whole_number_beyond_what_a_double_holds_exactly_is_learned_from_all_the_same() -> None:
    column = pa.chunked_array([[1234567890123456789, None, 7]])
    values = column_values(Feature("card", "integer"), column)
    assert values[0] == np.float32(1234567890123456789)
    assert np.isnan(values[1])
    assert values[2] == 7
