"""Textual's driver for Linux, for a terminal that may disappear, and that is asked questions."""

from __future__ import annotations

import contextlib
import os
import selectors
from codecs import getincrementaldecoder
from typing import Any

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from enchanted_tui.ui.pictures.terminal_answers import AnswerFilter, TerminalAnswered

_TICK = 0.1  #: seconds after which a lone Escape is a key, and no beginning of something
_CHUNK = 4096


class PatientDriver(LinuxDriver):
    """Takes a terminal that cannot be read any more for no reason to panic: whoever watches the
    terminal ends the app in order. What the terminal answers to questions is no key.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.answers = AnswerFilter()

    def run_input_thread(self) -> None:
        """Read as Textual does, which takes answers that it does not know for keys."""
        parser = XTermParser(self._debug)
        decoder = getincrementaldecoder("utf-8")("replace")
        with contextlib.suppress(OSError), selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK):
                    self._take(parser, decoder.decode(os.read(self.fileno, _CHUNK)))
                else:
                    self._feed(parser, self.answers.release())
                for event in parser.tick():
                    self.process_message(event)
            if selector.select(_TICK):
                self._take(parser, decoder.decode(os.read(self.fileno, _CHUNK), final=True))
        with contextlib.suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass

    def _take(self, parser: XTermParser, text: str) -> None:
        typed, answers = self.answers.take(text)
        if answers:
            self.process_message(TerminalAnswered(answers))
        self._feed(parser, typed)

    def _feed(self, parser: XTermParser, typed: str) -> None:
        if typed:  # nothing at all would be the end of the input
            for event in parser.feed(typed):
                self.process_message(event)
