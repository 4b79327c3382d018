"""Content types: which are read, which are written, and which of them a request means."""

from collections.abc import Callable

from container.serve.cells import BadRequest, Matrix
from container.serve.decode import from_csv
from container.serve.decode_json import from_json, from_lines
from container.serve.encode import to_csv, to_json, to_lines
from container.serve.limits import Limits
from container.signature import Signature
from container.tasks.definition import Answer

CSV, JSON, LINES = "text/csv", "application/json", "application/x-ndjson"
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/x-parquet"
Sent = tuple[str, dict[str, str]]  # a kind, and what is said beside it
ALIASES = {
    "application/csv": CSV,
    "application/jsonlines": LINES,
    "application/x-jsonlines": LINES,
    "application/jsonl": LINES,
    "application/ndjson": LINES,
    "application/parquet": PARQUET,
    "application/vnd.apache.parquet": PARQUET,
}
ANY = ("*/*", "application/*", "text/*", "")
CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


class UnknownType(ValueError):
    """A content type that is not read or not written."""


def _arrow_in(body: bytes, signature: Signature) -> Matrix:
    from container.serve.decode_columns import from_arrow  # noqa: PLC0415  # pyarrow, which the start need not pay

    return from_arrow(body, signature)


def _arrow_size(body: bytes, signature: Signature, limits: Limits) -> int:
    from container.serve.decode_columns import arrow_size  # noqa: PLC0415  # the same

    return arrow_size(body, signature, limits)


def _parquet_size(body: bytes, signature: Signature, limits: Limits) -> int:
    from container.serve.decode_columns import parquet_size  # noqa: PLC0415  # the same

    return parquet_size(body, signature, limits)


def _parquet_in(body: bytes, signature: Signature) -> Matrix:
    from container.serve.decode_columns import from_parquet  # noqa: PLC0415  # the same

    return from_parquet(body, signature)


def _arrow_out(answer: Answer, signature: Signature) -> bytes:
    from container.serve.encode_columns import to_arrow  # noqa: PLC0415  # the same

    return to_arrow(answer, signature)


def _parquet_out(answer: Answer, signature: Signature) -> bytes:
    from container.serve.encode_columns import to_parquet  # noqa: PLC0415  # the same

    return to_parquet(answer, signature)


DECODERS: dict[str, Callable[[bytes, Signature], Matrix]] = {
    CSV: from_csv,
    JSON: from_json,
    LINES: from_lines,
    ARROW: _arrow_in,
    PARQUET: _parquet_in,
}
PACKED: dict[str, Callable[[bytes, Signature, Limits], int]] = {  # of which few bytes may become many
    ARROW: _arrow_size,
    PARQUET: _parquet_size,
}
ENCODERS: dict[str, Callable[[Answer, Signature], bytes]] = {
    CSV: to_csv,
    JSON: to_json,
    LINES: to_lines,
    ARROW: _arrow_out,
    PARQUET: _parquet_out,
}


def sent(content_type: str | None) -> Sent:
    """The kind of a request's body, CSV if nothing is said, and what is said beside it."""
    name, beside = _parsed(content_type or CSV)
    kind = CSV if name in ANY else ALIASES.get(name, name)
    if kind not in DECODERS:
        raise UnknownType(f"content type {name[:80]} is not known: send {' or '.join(DECODERS)}")
    charset = beside.get("charset", CHARSETS[0]).lower()
    if charset not in CHARSETS:
        raise UnknownType(f"charset {charset[:40]} is not read: send UTF-8")
    return kind, beside


def wanted(accept: str | None, sent_kind: str) -> str:
    """The kind of the answer: the first that is accepted by most; the request's own if any is."""
    if not accept:
        return sent_kind
    ranges = [_parsed(each) for each in accept.split(",")]
    for name, beside in sorted(ranges, key=lambda each: -_quality(each[1])):
        if _quality(beside) > 0:
            if name in ANY and sent_kind.startswith(name.removesuffix("*").removesuffix("*/")):
                return sent_kind
            kind = {"text/*": CSV, "application/*": JSON}.get(name, ALIASES.get(name, name))
            if kind in ENCODERS:
                return kind
    raise UnknownType(f"{accept[:80]} cannot be given: accept {' or '.join(ENCODERS)}")


def decoder(kind: str, beside: dict[str, str]) -> Callable[[bytes, Signature], Matrix]:
    """What reads a body of a kind."""
    if kind == CSV and "header" in beside:
        header = beside["header"].lower()
        if header not in ("present", "absent"):
            raise BadRequest(f"header={header[:40]} is neither present nor absent")
        return lambda body, signature: from_csv(body, signature, header)
    return DECODERS[kind]


def _parsed(text: str) -> Sent:
    name, *beside = (part.strip() for part in text.split(";"))
    pairs = (each.partition("=") for each in beside)
    return name.lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _quality(beside: dict[str, str]) -> float:
    try:
        return float(beside.get("q", "1"))
    except ValueError:
        return 0.0
