"""HTTP as far as the client needs it: a request's bytes, and an answer as soon as it is whole."""


def request(path: str, content_type: str, body: bytes) -> bytes:
    """A POST whose answer is to have the form of its body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nAccept: {content_type}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def parse(received: bytes) -> tuple[int, bytes, bool] | None:
    """Status, body and whether the server closes; None while the answer is not whole."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    status, closes = int(first.split()[1]), headers.get(b"connection") == b"close"
    if headers.get(b"transfer-encoding") == b"chunked":
        body = _unchunked(rest)
        return None if body is None else (status, body, closes)
    length = int(headers[b"content-length"])
    return None if len(rest) < length else (status, rest, closes)


def _unchunked(rest: bytes) -> bytes | None:
    parts: list[bytes] = []
    while True:
        size, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if (length := int(size, 16)) == 0:
            return b"".join(parts)
        if len(rest) < length + 2:
            return None
        parts.append(rest[:length])
        rest = rest[length + 2 :]
