"""The process that checks long texts of the editor: one question at a time, answered with what
`checking` says, about the text that it has checked last.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from enchanted_tui.config.assist import Assistant, KeyHelp
from enchanted_tui.interpreter import ending_of, last_words, python_command
from enchanted_tui.ui.editor.checking import CheckedText, OwnAnswers, check, completion

_NOTHING = OwnAnswers(None, Assistant(""))


class CheckerGoneError(Exception):
    """The process has ended; the text says how."""


class CheckerProcess:
    """Begins at once; ends with `close`, or by itself when this process does."""

    def __init__(self) -> None:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as this lives
        self._process = subprocess.Popen(
            python_command(f"from {__name__} import main; main()"),
            stdin=subprocess.PIPE,  # closed by the kernel when this process dies
            stdout=subprocess.PIPE,
            stderr=self._printed,
            process_group=0,
        )
        self._asking = threading.RLock()
        self._places = 0  #: of which an explanation has been asked for

    @property
    def has_ended(self) -> bool:
        """Whether it answers no more."""
        return self._process.poll() is not None

    def ask(self, what: str, *about: object) -> Any:
        """Return an answer of `_Checker`, which may take long. Raises CheckerGoneError."""
        with self._asking:
            return self._answer(what, about)

    def explain(self, number: int, line: int, column: int) -> Any:
        """Ask for an explanation; return None if it is another place's turn meanwhile."""
        self._places += 1
        place = self._places
        with self._asking:
            if place != self._places:
                return None
            return self._answer("of_checked", (number, "explain", line, column))

    def _answer(self, what: str, about: tuple[object, ...]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            pickle.dump((what, about), self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)  # noqa: S301 - of our own process
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self._process.kill()  # one that writes what is no answer is of no use
            how = ending_of(self._process.wait()) + last_words(self._printed)
            self.close()
            raise CheckerGoneError(f"its process {how}") from None

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        with self._asking:  # whoever waits for an answer knows by now that there is none
            for pipe in (self._process.stdin, self._process.stdout, self._printed):
                assert pipe is not None
                with contextlib.suppress(OSError):  # what it has not read is lost with it
                    pipe.close()


class AskedAnswers:
    """What the process says of the text that it has checked; nothing once that is another one."""

    def __init__(self, process: CheckerProcess, number: int) -> None:
        self._process, self._number = process, number

    def explain(self, line: int, column: int) -> KeyHelp | None:
        with contextlib.suppress(CheckerGoneError):
            found: KeyHelp | None = self._process.explain(self._number, line, column)
            return found
        return None

    def preview(self) -> str:
        try:
            return self._process.ask("of_checked", self._number, "preview") or ""
        except CheckerGoneError as error:
            return f"What would run cannot be told: {error}."

    def companions(self) -> list[Path]:
        with contextlib.suppress(CheckerGoneError):
            return self._process.ask("of_checked", self._number, "companions") or []
        return []


# -- in the process --------------------------------------------------------------------------------


def main() -> None:
    """Answer questions from standard input on standard output, until that is closed."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a plugin prints is no answer
    questions: queue.SimpleQueue[tuple[str, tuple[Any, ...]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions,), name="asker", daemon=True).start()
    checker = _Checker()
    while True:
        what, about = questions.get()
        pickle.dump(getattr(checker, what)(*about), answers)
        answers.flush()


def _listen(questions: queue.SimpleQueue[tuple[str, tuple[Any, ...]]]) -> None:
    """Take questions; end the process, whatever it does, when whoever asks them is gone."""
    try:
        while True:
            questions.put(pickle.load(sys.stdin.buffer))  # noqa: S301 - of the app
    except EOFError:
        os._exit(0)


class _Checker:
    """What can be asked."""

    def __init__(self) -> None:
        self._checked: CheckedText | None = None
        self._number = 0

    def check(self, text: str, path: Path | None, home: Path) -> tuple[int, CheckedText]:
        """Return the number of this check, and what has been found but for the text."""
        self._checked = None  # what was kept of the text before need not be there meanwhile
        self._checked = check(text, path, home)
        self._number += 1
        return self._number, replace(self._checked, text="", answers=_NOTHING)

    def completion(self, text: str, base_dir: Path, place: tuple[int, int]) -> Any:
        return completion(text, base_dir, place)

    def of_checked(self, number: int, what: str, *about: object) -> Any:
        """Return an answer about the text of a check; None if another has been checked since."""
        if self._checked is None or number != self._number:
            return None
        return getattr(self._checked.answers, what)(*about)
