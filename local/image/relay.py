"""A way to a server in a container that has no network, and so no port that could be published.

Each connection to a port of this machine is carried by a process inside of the container, over its standard streams.
So it needs no bridge, no firewall rule and no root, and works where the containers run in a virtual machine.
"""

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Callable

from local.image.engine import Engine

# Runs inside of the container; waits a moment, for the server may just be starting.
_INSIDE = """
import os, socket, sys, threading, time
deadline = time.monotonic() + 2
while True:
    try:
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        if time.monotonic() > deadline:
            sys.exit(1)
        time.sleep(0.02)
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

def send():
    while data := os.read(0, 1 << 16):
        peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)

threading.Thread(target=send, daemon=True).start()
while data := peer.recv(1 << 16):
    while data:
        data = data[os.write(1, data):]
"""
_CHUNK = 1 << 16


class Relay:
    """Listens on a port of this machine for a port inside of one container."""

    def __init__(self, engine: Engine, container: str, port: int) -> None:
        self._command = [engine.name, "exec", "--interactive", container, "python", "-c", _INSIDE, str(port)]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name=f"relay to {container}", daemon=True).start()

    def close(self) -> None:
        """Takes no more connections; those that are end with the container."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            client,
            subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            ) as inside,
        ):
            assert inside.stdin is not None
            assert inside.stdout is not None
            into, out = inside.stdin, inside.stdout.fileno()
            there = threading.Thread(target=_pump, args=(client.recv, into.write, into.close), daemon=True)
            there.start()
            _pump(lambda size: os.read(out, size), client.sendall, lambda: client.shutdown(socket.SHUT_RDWR))
            there.join()


def _pump(read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], object]) -> None:
    """From one side to the other until either has ended."""
    with contextlib.suppress(OSError, ValueError):
        while data := read(_CHUNK):
            write(data)
    with contextlib.suppress(OSError, ValueError):
        end()
