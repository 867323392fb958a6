"""What a terminal answers to questions, told from what a person types: both come in one stream."""

from __future__ import annotations

import re

from textual.message import Message

#: Device attributes, limits of graphics, the size of a character, kitty's graphics.
_ANSWER = re.compile(r"\x1b\[\?[\d;]*[cS]|\x1b\[6;\d+;\d+t|\x1b_G[^\x1b]*\x1b\\")
_BEGUN = re.compile(r"\x1b(?:\[(?:\?[\d;]*|6(?:;\d*){0,2})?|_(?:G[^\x1b]*\x1b?)?)?\Z")


class TerminalAnswered(Message):
    """The terminal has answered."""

    def __init__(self, answers: list[str]) -> None:
        super().__init__()
        self.answers = answers


class AnswerFilter:
    """Takes answers out of the input. Does nothing until a question has been asked, and from then
    on for ever, since an answer may come late.
    """

    def __init__(self) -> None:
        self.has_asked = False
        self.is_waiting = False  #: an answer that has come in part is waited for
        self._begun = ""

    def take(self, text: str) -> tuple[str, list[str]]:
        """Return what was typed, and the answers."""
        if not self.has_asked:
            return text, []
        text, self._begun = self._begun + text, ""
        answers = _ANSWER.findall(text)
        typed = _ANSWER.sub("", text) if answers else text
        begun = _BEGUN.search(typed) if self.is_waiting else None
        if begun is not None:
            typed, self._begun = typed[: begun.start()], begun[0]
        return typed, answers

    def release(self) -> str:
        """Return what looked like the beginning of an answer; nothing has come after it."""
        begun, self._begun = self._begun, ""
        return begun
