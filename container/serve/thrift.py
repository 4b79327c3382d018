"""Structs of Thrift's compact protocol, in which Parquet describes its pages; what is none raises ValueError."""

from dataclasses import dataclass

Struct = dict[int, "int | Struct"]

FLAGS, BYTE, WHOLE, DOUBLE, BINARY, STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, 12
DEEPEST = 8  # structs within structs


@dataclass
class ThriftReader:
    """Reads struct after struct; of a text it gives the length."""

    content: bytes | memoryview
    place: int

    def struct(self, depth: int = 0) -> Struct:
        """The next struct's fields by their numbers; a field given twice is refused, for readers differ there."""
        found: Struct = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            if field in found or depth > DEEPEST:
                raise ValueError("a page's header gives a field twice, or is too deep")
            found[field] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> "int | Struct":
        if kind in FLAGS:
            return int(kind == FLAGS[0])
        if kind in WHOLE:
            return self._zigzag()
        if kind == STRUCT:
            return self.struct(depth + 1)
        lengths = {BYTE: 1, DOUBLE: 8}
        if kind not in lengths and kind != BINARY:
            raise ValueError(f"a page's header has a field of type {kind}")
        length = lengths.get(kind) or self._varint()
        self.place += length
        return length

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > 63:
                raise ValueError("a page's header has a number beyond 64 bits")

    def _byte(self) -> int:
        if self.place >= len(self.content):
            raise ValueError("a page's header is cut short")
        byte = self.content[self.place]
        self.place += 1
        return byte
