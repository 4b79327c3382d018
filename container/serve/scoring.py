"""The model and its golden row, and bodies scored by it."""

import time
from dataclasses import dataclass

import numpy as np

from container.directories import Directories
from container.golden_row import FILE, GoldenRow
from container.model import Model, ModelUnusable
from container.serve.cells import BadRequest, Matrix
from container.serve.limits import Limits
from container.serve.media import ENCODERS, JSON, PACKED, Sent, decoder
from container.serve.parts import Threads
from container.serve.receive import Refused
from container.tasks.definition import Answer

BLANKS = 1024  # bytes that are looked at before a whole body is
COUNTED_AT_ONCE = 2**20  # bytes
FEWEST_ROWS, MOST_ROWS = 4_096, 100_000  # that are predicted at once; each time costs as much as a hundred rows
PARTS_OF_A_THREAD = 2


@dataclass(frozen=True)
class LargeBody:
    """Rows that a thread scores, what they are sent as and wanted as, and when it must be done."""

    content: bytes
    given: Sent
    wanted: str
    deadline: float


@dataclass(frozen=True)
class Scoring:
    """A model that has said to its golden row what it should."""

    model: Model
    golden: GoldenRow

    @classmethod
    def load(cls, directories: Directories) -> "Scoring":
        """Load the model that SageMaker unpacked; models of before golden rows make one up."""
        model = Model.load(lambda name: (directories.model / name).read_bytes())
        path = directories.model / FILE
        if not path.exists():
            if FILE in model.digests:
                raise ModelUnusable(f"{FILE} is gone, which training.json names")
            return cls(model, GoldenRow.unknown(model))
        content = path.read_bytes()
        model.check_digest(FILE, content)
        try:
            golden = GoldenRow.from_json(content)
            golden.check(model)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnusable(f"{FILE}: {error}") from error
        return cls(model, golden)

    def answer(self, large: LargeBody, limits: Limits, threads: Threads) -> tuple[bytes, int]:
        """The answers to a body's rows, and how many they are."""
        values = self.rows(large.content, large.given, limits)
        fair = -(-len(values) // (PARTS_OF_A_THREAD * threads.count))
        size = min(MOST_ROWS, max(FEWEST_ROWS, fair))

        def answer(first: int) -> Answer:
            if time.monotonic() > large.deadline:
                raise Refused(503, f"scoring took more than {limits.seconds:g} seconds", retry_after=1)
            return self.model.answer(values[first : first + size])

        answers = threads.results(answer, range(0, len(values), size))
        return self.text(Answer.joined(answers), large.wanted), len(values)

    def text(self, answer: Answer, wanted: str) -> bytes:
        """An answer in the form that is wanted."""
        return ENCODERS[wanted](answer, self.model.signature)

    def unpacked_size(self, body: bytes, kind: str, limits: Limits) -> int:
        """The bytes that a packed body states to become; raises Refused where they are too many."""
        return PACKED[kind](body, self.model.signature, limits)

    def rows(self, body: bytes, given: Sent, limits: Limits) -> Matrix:
        """A body's rows as the model's numbers."""
        kind, beside = given
        if not body[:BLANKS].strip() and not body.strip():
            raise BadRequest("the body is empty: send one line or item per row")
        # Rows are counted before they are objects of Python, which take twenty times their bytes.
        if len(body) > limits.most_rows and kind not in PACKED and _rows_at_least(kind, body) > limits.most_rows + 1:
            raise _too_many(limits)
        values = decoder(kind, beside)(body, self.model.signature)
        if len(values) > limits.most_rows:
            raise _too_many(limits)
        return values


def _rows_at_least(kind: str, body: bytes) -> int:
    if kind == JSON:  # a row is a list or an object, or one in the other
        return _count(body, b"[{") // 2 - 1
    return _count(body, b"\n")


def _count(body: bytes, bytes_: bytes) -> int:
    """How many of some bytes there are, without holding the interpreter for as long as all of them take."""
    places = range(0, len(body), COUNTED_AT_ONCE)
    parts = (np.frombuffer(memoryview(body)[place : place + COUNTED_AT_ONCE], np.uint8) for place in places)
    return sum(int(np.count_nonzero(part == byte)) for part in parts for byte in bytes_)


def _too_many(limits: Limits) -> Refused:
    return Refused(413, f"the body has more than {limits.most_rows:,} rows; send fewer at once")
