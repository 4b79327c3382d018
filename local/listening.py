"""A listening socket for a server that is a process of its own."""

import socket


def listening() -> tuple[socket.socket, str]:
    """A socket on a free port, open at once so that early callers wait, and its address."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # uvicorn takes a socket that it is given for a Unix one, and would let each answer wait 40 ms for its end.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.bind(("127.0.0.1", 0))
    opened.listen(128)
    return opened, f"http://127.0.0.1:{opened.getsockname()[1]}"
