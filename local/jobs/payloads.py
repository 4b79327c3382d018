"""Cuts an input file of a transform job into request payloads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.jobs.job import JobFailed


@dataclass(frozen=True)
class Splitting:
    """How a file becomes payloads."""

    by_line: bool  # SplitType Line, otherwise the file is one payload
    many_lines: bool  # BatchStrategy MultiRecord
    most_bytes: int

    def payloads(self, file: Path) -> Iterator[list[bytes]]:
        """The records of each payload, none above the limit and no line cut in two."""
        if not self.by_line:
            yield [self._checked(file.read_bytes(), file.name)]
            return
        batch: list[bytes] = []
        size = 0
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                self._checked(line, f"{file.name}, line {number}")
                if batch and (size + len(line) > self.most_bytes or not self.many_lines):
                    yield batch
                    batch, size = [], 0
                batch.append(line)
                size += len(line)
        if batch:
            yield batch

    def _checked(self, record: bytes, where: str) -> bytes:
        if len(record) > self.most_bytes:
            raise JobFailed(
                f"ClientError: {where}: {len(record)} bytes are more than one request may carry ({self.most_bytes}); "
                "raise MaxPayloadInMB or split the input"
            )
        return record
