"""What a packed body states that it unpacks to, added up before anything of it is unpacked."""

from container.serve.limits import Limits
from container.serve.receive import Refused

MOST_METADATA = 2_000_000  # bytes; its objects take fifty times as much
NUMBER = 8  # bytes that a value takes at most where it has no length of its own


class Stated:
    """Bytes and rows so far, refused as soon as they are more than the server takes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.bytes, self.rows = 0, 0

    def unpack(self, bytes: int) -> None:
        """So many bytes more."""
        self.bytes += bytes
        if self.bytes > self._limits.most_unpacked:
            most = self._limits.most_unpacked / 2**20
            raise Refused(413, f"the body unpacks to more than {most:.0f} MB; send fewer rows at once")

    def score(self, rows: int, width: int) -> None:
        """So many rows more, of so many bytes each; columns of nothing have rows without bytes."""
        self.rows += rows
        if self.rows > self._limits.most_rows:
            raise Refused(413, f"the body has more than {self._limits.most_rows:,} rows; send fewer at once")
        self.unpack(rows * max(NUMBER, width))

    def describe(self, bytes: int) -> None:
        """Metadata of so many bytes, which is read as a whole."""
        if bytes > MOST_METADATA:
            most = MOST_METADATA / 1e6
            raise Refused(413, f"the body has more than {most:.0f} MB of metadata; send larger parts, or fewer rows")
