"""Who is in a generation, in eight bytes each: enough to tell who is new and who is gone, cheaply."""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import blake2b

_BYTES, _SPACE = 8, 1 << 64
_AT_ONCE = 250_000  # entities of either generation in memory as Python's numbers, about


def digest(entity: str) -> int:
    """A number that stands for it: two of a million entities share one in 40 million generations."""
    return int.from_bytes(blake2b(entity.encode(), digest_size=_BYTES).digest(), "little")


def packed(digests: Iterable[int]) -> bytes:
    """One part's entities as they are stored: in order, eight bytes each, the lowest first."""
    found = array("Q", sorted(digests))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def added_and_removed(before: Sequence[bytes], now: Sequence[bytes]) -> tuple[int, int]:
    """How many entities are in one generation only: in the new one, and in the one before.

    Each is given as its parts. Digests are compared range by range, so that few are in memory at once.
    """
    old, new = [_unpacked(each) for each in before], [_unpacked(each) for each in now]
    ranges = 1 + max(sum(map(len, old)), sum(map(len, new))) // _AT_ONCE
    added = removed = 0
    for number in range(ranges):
        low, high = _SPACE * number // ranges, _SPACE * (number + 1) // ranges
        known, found = _within(old, low, high), _within(new, low, high)
        added += len(found - known)
        removed += len(known - found)
    return added, removed


def _unpacked(part: bytes) -> "array[int]":
    found = array("Q")
    found.frombytes(part)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _within(parts: Sequence["array[int]"], low: int, high: int) -> set[int]:
    return {each for part in parts for each in part[bisect_left(part, low) : bisect_left(part, high)]}
