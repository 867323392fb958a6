"""Questions that only a person can answer while a connection is made: passwords, passphrases,
one-time codes, unknown host keys.

Whoever has a person at hand says so with `set_asker`; without one, questions go to the terminal if
there is one. Answers are handed to the connection and kept nowhere else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["password", "passphrase", "code", "host key"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a person."""

    kind: Kind
    prompt: str  #: what to show, possibly several lines; the server's own words for a code
    host: str  #: which host asks
    echo: bool = False  #: whether the answer may be seen while it is typed


#: Gives the answer, or None where nobody can or wants to answer. A host key is trusted by the
#: answer ``yes``.
Asker = Callable[[Question], str | None]

_lock = threading.Lock()
_asker: Asker | None = None


def set_asker(asker: Asker | None) -> Asker | None:
    """Say who answers questions from now on, in the whole process; None means the terminal. Gives
    the one before.
    """
    global _asker
    with _lock:
        before, _asker = _asker, asker
    return before


def ask(question: Question) -> str | None:
    """Put a question to whoever answers now. May take as long as a person takes."""
    with _lock:
        asker = _asker
    return (asker or ask_on_terminal)(question)


_terminal = threading.Lock()  # two hosts must not ask at the same time


def ask_on_terminal(question: Question) -> str | None:
    """Ask on the controlling terminal, hiding what is typed unless the question may echo; None
    without a terminal, or at its end.
    """
    with _terminal:
        if question.echo:
            return _ask_openly(question.prompt)
        import getpass

        if not has_terminal():
            return None  # getpass would fall back to reading standard input
        try:
            return getpass.getpass(_with_space(question.prompt))
        except (EOFError, OSError):
            return None


def has_terminal() -> bool:
    """Tell whether this process has a controlling terminal to ask on."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _ask_openly(prompt: str) -> str | None:
    try:
        with open("/dev/tty", "r+b", buffering=0) as terminal:
            terminal.write(_with_space(prompt).encode())
            line = terminal.readline()
    except OSError:
        return None
    return line.decode(errors="replace").rstrip("\r\n") if line else None


def _with_space(prompt: str) -> str:
    return prompt if prompt.endswith((" ", "\n")) else prompt + " "
