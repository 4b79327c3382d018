"""Slices: the hold-out rows that have one value of one column, or one quarter of its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from container.rows import LabelledRows
from container.signature import AS_OF, Signature
from container.sums import Places
from container.tasks import TASKS
from evergreen.evaluation import SliceLeftOut
from evergreen.gate import Gate

MOST_VALUES = 50  # of a column that are judged; with ever more of them one will look worse by chance
MOST_NUMBERS = 20  # different ones, beyond which a column of numbers is cut into quarters
MISSING = "(missing)"
LONGEST_VALUE = 100  # characters; a column of text may hold whole letters


@dataclass(frozen=True, eq=False)  # two may be named alike
class HoldoutSlice:
    """The rows of one slice, and how many of them the deciding metric counts."""

    column: str
    value: str
    places: Places
    judged: int


def cut(
    rows: LabelledRows, counted: NDArray[np.bool_], signature: Signature, gate: Gate
) -> tuple[list[HoldoutSlice], tuple[SliceLeftOut, ...]]:
    """The slices that can be judged by themselves, and in words what is left out."""
    kept: list[HoldoutSlice] = []
    left_out: list[SliceLeftOut] = []
    columns = [name for name in rows.table.column_names if name not in (signature.entity, AS_OF, signature.target)]
    for name in gate.slices:
        if name not in columns:
            near = get_close_matches(name, columns, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            left_out.append(SliceLeftOut(column=name, reason=f"the hold-out rows have no such column{hint}"))
            continue
        found = sorted(_values(name, rows.table.column(name), counted), key=lambda each: -each.judged)
        large = [each for each in found if each.judged >= gate.min_rows]
        told = [each for each in large if not _unfit(each, rows, signature)]
        kept += told[:MOST_VALUES]
        few = [each for each in found if each.judged < gate.min_rows]
        left_out += _said(name, few, f"with fewer than {gate.min_rows:,} rows to judge by")
        left_out += _said(name, [each for each in large if each not in told], "in which nothing can be told apart")
        left_out += _said(name, told[MOST_VALUES:], f"beyond the {MOST_VALUES} most frequent ones")
    return kept, tuple(left_out)


def _said(name: str, slices: Sequence[HoldoutSlice], why: str) -> list[SliceLeftOut]:
    if not slices:
        return []
    values = ", ".join(repr(each.value) for each in slices[:3]) + (", …" if len(slices) > 3 else "")
    judged = sum(each.judged for each in slices)
    many = f"{len(slices):,} values {why} are" if len(slices) > 1 else f"one value {why} is"
    return [SliceLeftOut(column=name, reason=f"{many} not judged alone ({values}; {judged:,} rows)")]


def _unfit(each: HoldoutSlice, rows: LabelledRows, signature: Signature) -> bool:
    return TASKS[signature.task].unfit(rows.targets[each.places], signature) is not None


def _values(name: str, column: pa.ChunkedArray, counted: NDArray[np.bool_]) -> Iterator[HoldoutSlice]:
    """One slice for each value, in order of the rows."""
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if is_number and pc.count_distinct(column).as_py() > MOST_NUMBERS:
        column = _quarters(column)
    encoded = pc.fill_null(column.cast(pa.string()), MISSING).combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
    for place, value in enumerate(encoded.dictionary.to_pylist()):
        places = order[ends[place] : ends[place + 1]]
        yield HoldoutSlice(name, shortened(value), places, int(counted[places].sum()))


def shortened(value: str) -> str:
    """A value that a sentence can hold."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


def _quarters(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as the quarter of the rows that they are in."""
    numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    cuts = np.unique(np.nanquantile(numbers, [0, 0.25, 0.5, 0.75, 1]))
    last = len(cuts) - 2
    place = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, last)
    words = [f"{low:.6g} to {high:.6g}" for low, high in pairwise(cuts.tolist())]
    return pa.chunked_array([pa.array(words).take(pa.array(place, mask=np.isnan(numbers)))])
