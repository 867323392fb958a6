"""A network between client and server that can go wrong: packets dropped, connections reset."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading


class Network:
    """Forwards connections to a port of 127.0.0.1 until told otherwise."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.silent = (
            False  #: whether everything is swallowed, as by a firewall that forgot the connection
        )
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Reset every connection."""
        for pair in self._pairs:
            for sock in pair:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    sock.shutdown(socket.SHUT_RDWR)
                    sock.close()
        self._pairs.clear()

    def close(self) -> None:
        self._socket.close()
        self.reset()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._socket.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                if self._socket.fileno() < 0:
                    return
                near.close()
                continue
            self.connections += 1
            self._pairs.append((near, far))
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([near, far], [], [], 1)
                for sock in ready:
                    data = sock.recv(65536)
                    if not data:
                        return
                    if not self.silent:
                        (far if sock is near else near).sendall(data)
