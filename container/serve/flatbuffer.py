"""Tables of FlatBuffers, in which Arrow describes its messages; whatever points outside them raises ValueError."""

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class FlatTable:
    """A table at its place among bytes."""

    content: bytes
    place: int

    @classmethod
    def root(cls, content: bytes) -> "FlatTable":
        """The table that all others hang on."""
        return cls(content, _read("<I", content, 0))

    def number(self, field: int, form: str, default: int = 0) -> int:
        """A field's number, of a form as `struct` names it."""
        at = self._at(field)
        return default if at is None else _read(form, self.content, at)

    def table(self, field: int) -> "FlatTable | None":
        """The table that a field points to."""
        at = self._at(field)
        return None if at is None else FlatTable(self.content, at + _read("<I", self.content, at))

    def structs(self, field: int, form: str) -> list[tuple[int, ...]]:
        """The field's structs of numbers, one after the other."""
        at = self._at(field)
        if at is None:
            return []
        first = at + _read("<I", self.content, at) + 4
        end = first + _read("<I", self.content, first - 4) * struct.calcsize(form)
        if end > len(self.content):
            raise ValueError("its metadata ends within a vector")
        return list(struct.iter_unpack(form, self.content[first:end]))

    def _at(self, field: int) -> int | None:
        described = self.place - _read("<i", self.content, self.place)
        entry = 4 + 2 * field
        if entry >= _read("<H", self.content, described):
            return None
        offset = _read("<H", self.content, described + entry)
        return self.place + offset if offset else None


def _read(form: str, content: bytes, place: int) -> int:
    if not 0 <= place <= len(content) - struct.calcsize(form):
        raise ValueError("its metadata points outside itself")
    return int(struct.unpack_from(form, content, place)[0])
