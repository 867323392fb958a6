"""Lets the system's ``ssh`` ask its questions through us: it runs a helper, which asks at a socket
that only this user can reach.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import threading

from enchanted_tui.executors.slurm.ssh.questions import Asker, Kind, Question

_HELPER = """\
import json, os, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
question = sys.argv[2] if len(sys.argv) > 2 else ""
sock.sendall(json.dumps([question, os.environ.get("SSH_ASKPASS_PROMPT")]).encode())
sock.shutdown(socket.SHUT_WR)
answer = json.loads(b"".join(iter(lambda: sock.recv(65536), b"")) or b"null")
if answer is None:
    sys.exit(1)
print(answer)
"""


class Askpass:
    """Serves questions while it is open. `directory` is private and its path short."""

    def __init__(self, directory: str, host: str, ask: Asker) -> None:
        self._host, self._ask = host, ask
        self._path = os.path.join(directory, "ask")
        self._script = os.path.join(directory, "askpass")
        self.asking = 0  #: questions that a person has before them
        self.nobody_answered = False
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self._path)
        self._socket.listen()
        self._write_helper()
        threading.Thread(target=self._serve, name="ssh questions", daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What ``ssh`` needs in its environment; older ones only ask this way where a display seems
        to be there.
        """
        return {
            "SSH_ASKPASS": self._script,
            "SSH_ASKPASS_REQUIRE": "force",
            "DISPLAY": os.environ.get("DISPLAY", ":0"),
        }

    def close(self) -> None:
        """Answer nothing more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _write_helper(self) -> None:
        command = shlex.join([sys.executable, "-I", "-S", "-c", _HELPER, self._path])
        descriptor = os.open(self._script, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(f'#!/bin/sh\nexec {command} "$@"\n')

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                prompt, style = json.loads(_all_of(connection))
                connection.sendall(json.dumps(self._answer(prompt, style)).encode())

    def _answer(self, prompt: str, style: str | None) -> str | None:
        if style == "none":  # only says that a security key waits to be touched
            return ""
        kind = _kind(prompt)
        self.asking += 1
        try:
            answer = self._ask(Question(kind, prompt, self._host, echo=kind == "host key"))
        finally:
            self.asking -= 1
        self.nobody_answered |= answer is None
        return answer


def _all_of(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def _kind(prompt: str) -> Kind:
    text = prompt.lower()
    if "yes/no" in text:
        return "host key"
    if "passphrase" in text:
        return "passphrase"
    return "password" if "password" in text and "one" not in text else "code"
