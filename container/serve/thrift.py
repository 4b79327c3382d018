"""Structs of Thrift's compact protocol, in which Parquet describes itself; what is none raises ValueError."""

from dataclasses import dataclass

Value = int | list["Value"] | dict[int, "Value"]
Struct = dict[int, Value]

FLAGS, BYTE, WHOLE, DOUBLE, BINARY, LIST, STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, 9, 12
LENGTHS = {BYTE: 1, DOUBLE: 8}
DEEPEST = 8  # structs within structs
MOST_ITEMS = 100_000  # of a list, which takes its memory before it is read


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
                raise ValueError("its metadata gives a field twice, or is too deep")
            found[field] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Value:
        if kind in FLAGS:
            return int(kind == FLAGS[0])
        if kind in WHOLE:
            return self._zigzag()
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind == LIST:
            return self._list(depth + 1)
        if kind not in LENGTHS and kind != BINARY:
            raise ValueError(f"its metadata has a field of type {kind}")
        length = LENGTHS.get(kind) or self._varint()
        self.place += length
        return length

    def _list(self, depth: int) -> list[Value]:
        head = self._byte()
        size, kind = head >> 4, head & 15
        if size == 15:
            size = self._varint()
        if kind in FLAGS:
            kind = BYTE  # flags in a list have a byte each
        if size > min(MOST_ITEMS, len(self.content) - self.place) or depth > DEEPEST:
            raise ValueError("its metadata has a list that is too long or too deep")
        return [self._value(kind, depth) for _ in range(size)]

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
                raise ValueError("its metadata has a number beyond 64 bits")

    def _byte(self) -> int:
        if self.place >= len(self.content):
            raise ValueError("its metadata is cut short")
        byte = self.content[self.place]
        self.place += 1
        return byte
