"""Questions of a campaign in this process - passwords, one-time codes, unknown host keys - put to
the person before the app.

The thread that asks waits until the dialog is answered; the answer goes to that thread and is kept
nowhere here.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from enchanted_tui.executors.slurm.ssh import questions
from enchanted_tui.executors.slurm.ssh.questions import Asker, Question
from enchanted_tui.ui.screens.question import QuestionDialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

Answer = Future[str | None]


class PersonAtTheApp:
    """Answers questions from any thread by dialogs, one at a time, from `begin` until `end`."""

    def __init__(self, app: AppInterface) -> None:
        self._app = app
        self._turn = threading.Lock()  # a person answers one question at a time
        self._state = threading.Lock()
        self._open: Answer | None = None
        self._there = False
        self._before: Asker | None = None

    def begin(self) -> None:
        """Answer from now on, instead of whoever did."""
        self._there = True
        self._before = questions.set_asker(self)

    def end(self) -> None:
        """Answer no more, not even the question that is open; safe from any thread, and more than
        once.
        """
        with self._state:
            was_there, self._there = self._there, False
            if self._open is not None and not self._open.done():
                self._open.set_result(None)
        if was_there:
            current = questions.set_asker(self._before)
            if current is not self:
                questions.set_asker(current)  # somebody else has taken over in the meantime

    def __call__(self, question: Question) -> str | None:
        """Ask, and wait for the answer; None if the person does not want to give one, or has
        left.
        """
        with self._turn:
            answer: Answer = Future()
            with self._state:
                if not self._there:
                    return None
                self._open = answer
            if not self._app.call_later(self._show, question, answer):
                return None  # the app is ending
            try:
                return answer.result()
            finally:
                with self._state:
                    self._open = None

    def _show(self, question: Question, answer: Answer) -> None:
        def take(given: str | None) -> None:
            with self._state:
                if not answer.done():
                    answer.set_result(given)

        if answer.done() or not self._app.is_running:
            take(None)
            return
        dialog = QuestionDialog(question, is_settled=answer.done)
        self._app.open_on_top(dialog, take)
        self._app.bell()
        answer.add_done_callback(lambda _: self._close(dialog))

    def _close(self, dialog: QuestionDialog) -> None:
        """Take a dialog away that nobody needs to answer any more."""
        self._app.call_later(dialog.go_if_settled)
