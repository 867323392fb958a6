"""Who checks the texts of the editor: a thread, or for long ones a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from enchanted_tui.config.completion import Completion
from enchanted_tui.ui.editor.checker_process import AskedAnswers, CheckerGoneError, CheckerProcess
from enchanted_tui.ui.editor.checking import CheckedText, awaiting, check, completion, not_checked

#: Characters of a text beyond which a process reads it. To read megabytes takes seconds, in which
#: keys wait for the interpreter again and again, and for its collector for parts of a second.
LONG = 300_000


class TextChecker:
    """Checks texts, and completes them. Everything blocks: call it in a thread."""

    def __init__(self) -> None:
        self._process: CheckerProcess | None = None
        self._starting = threading.Lock()
        self._closed = False

    def check(
        self, text: str, path: Path | None, home: Path, companions: Iterable[str] = ()
    ) -> CheckedText:
        """Check a text, as `checking.check` does; `companions` come with its first save."""
        directory = home if path is None else path.parent
        return awaiting(self._check(text, path, home), companions, directory)

    def _check(self, text: str, path: Path | None, home: Path) -> CheckedText:
        if len(text) <= LONG:
            return check(text, path, home)
        try:
            process = self._started()
            number, found = process.ask("check", text, path, home)
        except CheckerGoneError as error:
            return not_checked(text, str(error))
        checked: CheckedText = replace(found, text=text, answers=AskedAnswers(process, number))
        return checked

    def completion(self, text: str, base_dir: Path, place: tuple[int, int]) -> Completion:
        """Return what can be written at a place of a text, counted from 0."""
        if len(text) <= LONG:
            return completion(text, base_dir, place)
        try:
            found: Completion = self._started().ask("completion", text, base_dir, place)
        except CheckerGoneError:
            return Completion(*place, place[1], ())
        return found

    def _started(self) -> CheckerProcess:
        with self._starting:
            if self._closed:
                raise CheckerGoneError("the editor has been left")
            if self._process is not None and self._process.has_ended:
                self._process.close()
                self._process = None
            self._process = self._process or CheckerProcess()
            return self._process

    def close(self) -> None:
        """End the process, whatever it does; one that a thread is about to start, too."""
        with self._starting:
            self._closed = True
            process = self._process
        if process is not None:
            process.close()
