"""Random input for the app, as a terminal delivers it: keys, words, pastes, the mouse anywhere,
other sizes, many in one read.
"""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key, Resize
from textual.geometry import Size
from textual.pilot import Pilot

from enchanted_tui.config.completion import Candidate
from enchanted_tui.config.conversion import expand
from enchanted_tui.ui import app as app_module
from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.editor import recovery
from enchanted_tui.ui.editor.edited_file import EditedFile
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.launching import Launch
from helpers.ui.routes import separate

SIZES = ((80, 24), (120, 36), (100, 30), (60, 15), (200, 50), (30, 8))
#: What keys send that are not their letter.
_SENT = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "delete": "\x1b[3~", "space": " ",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "shift+down": "\x1b[1;2B", "shift+end": "\x1b[1;2F",
    "ctrl+home": "\x1b[1;5H", "ctrl+end": "\x1b[1;5F", "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS",
    "f5": "\x1b[15~", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~",
    "f11": "\x1b[23~", "f12": "\x1b[24~", "shift+f6": "\x1b[17;2~", "shift+f8": "\x1b[19;2~", "question_mark": "?",
    "colon": ":", "slash": "/", "ampersand": "&", "number_sign": "#", "left_square_bracket": "[",
    "right_square_bracket": "]", "less_than_sign": "<", "greater_than_sign": ">", "plus": "+", "minus": "-", "full_stop": ".", "comma": ",",
    **{f"ctrl+{chr(96 + number)}": chr(number) for number in range(1, 27)},
}  # fmt: skip
_QUITS = {"q", "ctrl+c", "ctrl+q"}
_MOVES = (
    "enter", "enter", "enter", "escape", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end",
    "pageup", "pagedown", "backspace", "delete", "shift+down", "shift+end", "ctrl+home", "ctrl+end", "ctrl+a",
    "ctrl+z", "ctrl+y", "ctrl+x", "ctrl+v",
)  # fmt: skip
_WORDS = (
    "err",
    "d0_b1",
    "ok",
    "c1",
    "7",
    "no_such_thing",
    "Sampler",
    "a.yaml",
    "failed",
    "ener",
    "(",
    "campaign",
    "é漢",
)
_LINES = (
    "executors:",
    "  here: {type: LocalExecutor}",
    "\tx",
    "- 1",
    "  - {executor: here}",
    "# ü漢",
    "",
    "samplers: [",
    "x" * 150,
)

#: Ways to what random keys seldom lead to: plots, a file, a task, runs side by side, the form.
_WAYS = (
    "5 P", "5 P d down", "5 P t", "5 w", "5 c", "5 e", "5 F", "3 f enter", "3 t enter", "4 enter enter",
    "1 home space down space C", "1 space", "2 f11", "2 f11", "2 D", "2 n", "f10", "M", "=",
)  # fmt: skip

Event = tuple[str, Any]  #: ("key", its name), ("sent", bytes as text) or ("size", (columns, rows))


@dataclass
class Read:
    """What arrives in one read, and how long nothing follows: None until the app is at rest."""

    events: list[Event]
    pause: float | None


def _keys() -> list[str]:
    keys = {key for action in registry().values() for key in separate(action.keys)}
    return sorted(key for key in keys - _QUITS if key in _SENT or len(key) == 1)


def _click(chance: random.Random, button: int = 0) -> list[Event]:
    x, y = (
        chance.randint(1, 120),
        chance.choice((1, chance.randint(1, 36), chance.randint(1, 36), chance.randint(20, 36))),
    )
    return [("sent", f"\x1b[<{button};{x};{y}M"), ("sent", f"\x1b[<{button};{x};{y}m")]


def _drag(chance: random.Random) -> list[Event]:
    x, y = chance.randint(1, 80), chance.randint(1, 24)
    moved = (x + chance.randint(-9, 9), y + chance.randint(-3, 3))
    return [
        ("sent", f"\x1b[<0;{x};{y}M"),
        ("sent", f"\x1b[<32;{moved[0]};{moved[1]}M"),
        ("sent", f"\x1b[<0;{moved[0]};{moved[1]}m"),
    ]


def _piece(chance: random.Random, keys: list[str]) -> list[Event]:
    """Give one thing that somebody does."""
    kind = chance.choices(
        (
            "key",
            "move",
            "twice",
            "mode",
            "click",
            "double",
            "wheel",
            "drag",
            "word",
            "paste",
            "size",
            "focus",
            "quit",
            "launch",
            "way",
        ),
        (30, 22, 8, 12, 12, 4, 4, 2, 4, 2, 1, 1, 1, 2, 6),
    )[0]
    if kind == "key":
        return [("key", chance.choice(keys))]
    if kind == "move":
        return [("key", chance.choice(_MOVES))]
    if kind == "twice":
        return [("key", chance.choice((*_MOVES[:4], *keys)))] * 2
    if kind == "mode":
        return [("key", "escape"), ("key", chance.choice("123456"))]
    if kind == "click":
        return _click(chance, chance.choice((0, 0, 0, 0, 2)))
    if kind == "double":
        return _click(chance) * 2
    if kind == "wheel":
        return [
            (
                "sent",
                f"\x1b[<{chance.choice((64, 65))};{chance.randint(1, 80)};{chance.randint(1, 24)}M",
            )
        ] * chance.randint(1, 4)
    if kind == "drag":
        return _drag(chance)
    if kind == "word":
        return [("sent", letter) for letter in chance.choice(_WORDS)]
    if kind == "paste":
        lines = [chance.choice(_LINES) for _ in range(chance.choice((1, 3, 40)))]
        return [
            ("sent", "\x1b[200~" + "\n".join(lines) + "\x1b[201~"),
            *([("key", "ctrl+z")] if chance.random() < 0.5 else []),
        ]
    if kind == "size":
        return [("size", chance.choice(SIZES))]
    if kind == "focus":
        return [("sent", "\x1b[O"), ("sent", "\x1b[I")]
    if kind == "way":
        return [("key", key) for key in ("escape", *chance.choice(_WAYS).split())]
    if kind == "launch":
        return [
            ("key", chance.choice("rrt")),
            *([("key", chance.choice(("enter", "escape")))] if chance.random() < 0.5 else []),
        ]
    return [("key", chance.choice(sorted(_QUITS))), ("key", "escape")]


def reads(seed: int, count: int) -> Iterator[Read]:
    """Give random reads with so many events altogether; the same for the same seed."""
    chance, keys, given = random.Random(seed), _keys(), 0
    while given < count:
        events: list[Event] = []
        for _ in range(chance.choices((1, 2, 3, 6), (60, 25, 10, 5))[0]):
            events += _piece(chance, keys)
        given += len(events)
        yield Read(events, chance.choices((None, 0.0, 0.003, 0.05, 0.3), (20, 50, 20, 9, 1))[0])


class WatchedApp(EnchantedApp):
    """The app, which remembers what it has called a defect, and what it did that nobody has asked
    for: each start, drain, abort and deletion needs an answer of its own in a dialog.
    """

    CSS_PATH = str(Path(app_module.__file__).with_name("app.tcss"))

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.defects: list[str] = []
        self.answers: list[Any] = []  #: given in dialogs, each until something is done for it
        self.longest = (
            0.0  #: seconds of the processor that the loop took between two beats, and ...
        )
        self.longest_on = ""  #: ... the screen that was on top after it
        self.seen: set[str] = set()  #: the screens and dialogs that were on top at a beat
        self._beat_at = time.thread_time()

    def on_ready(self) -> None:
        self._beat_at = time.thread_time()
        self.set_interval(0.05, self._beat)

    def _beat(self) -> None:
        now = time.thread_time()
        on = type(self.screen).__name__ if self.screen_stack else ""
        self.seen.add(on)
        self.longest, self.longest_on = max(
            (self.longest, self.longest_on), (now - self._beat_at, on)
        )
        self._beat_at = now

    def complain(self, error: BaseException) -> None:
        """Note what a person would be told is a defect."""
        super().complain(error)
        if not sentence(error)[1]:
            self.defects.append("".join(traceback.format_exception(error)))

    async def ask(self, under: Any, dialog: Any, *, late: bool = False) -> Any:
        """Note what a person has answered."""
        answer = await super().ask(under, dialog, late=late)
        if answer is not None:
            self.answers.append(answer)
        return answer

    def needs(self, answer: object, deed: str) -> None:
        """Note a deed that nobody has asked for in a dialog."""
        if answer in self.answers:
            self.answers.remove(answer)
        else:
            self.defects.append(f"{deed} unasked; what was answered before: {self.answers[-5:]}")

    async def steer(self, root: Path, action: Any) -> None:
        """Look whether an end was asked for; pausing harms nothing."""
        if action in ("drain", "abort"):
            self.needs(action, f"{root.name} was told to {action}")
        await super().steer(root, action)

    async def launch(self, asked: Launch) -> Path:
        """Look whether a start was asked for: what was chosen, or that once its text was saved."""
        chosen = next((one for one in self.answers if isinstance(one, Launch)), None)
        self.needs(chosen or "start", f"{asked.target} was started")
        return await super().launch(asked)


@contextmanager
def deletions_asked_for(app: WatchedApp) -> Iterator[None]:
    """Look whether each run that is moved aside or deleted was to be so."""
    from enchanted_tui.ui import marked_runs
    from enchanted_tui.ui.screens import runs

    def asked(answer: str, function: Any) -> Any:
        def remove(root: Path, *args: Any) -> Any:
            app.needs(answer, f"{root.name}: {answer}")
            return function(root, *args)

        return remove

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "delete", asked("delete", runs.delete))
        patch.setattr(marked_runs, "move_aside", asked("remove", marked_runs.move_aside))
        yield


@contextmanager
def files_of(home: Path) -> Iterator[None]:
    """Let dialogs for files list nothing outside of a directory: what is opened may be written."""
    listed = FileDialog.candidates

    def is_inside(dialog: FileDialog, candidate: Candidate) -> bool:
        return (dialog._start / expand(candidate.label)).resolve().is_relative_to(home)

    def candidates(self: FileDialog, written: str) -> tuple[list[Candidate], list[Candidate]]:
        also, found = listed(self, written)
        return [one for one in also if is_inside(self, one)], [
            one for one in found if is_inside(self, one)
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileDialog, "candidates", candidates)
        yield


def text_at_the_end(app: WatchedApp) -> str | None:
    """Give the text that would be lost if the app did not write it down; None if none would."""
    editor = app.editor
    if not isinstance(editor, EditedFile) or not editor.is_modified:
        return None
    return str(editor._area.text)


def is_kept(text: str) -> bool:
    """Tell whether a text that was not saved is there for the next app to offer."""
    return any(unsaved.text == text for _, unsaved in recovery.Recovery().left_behind())


@dataclass
class Typist:
    """Sends reads to an app, and knows what has been sent."""

    app: WatchedApp
    pilot: Pilot[Any]
    sent: list[Read] = field(default_factory=list)
    _parser: XTermParser = field(default_factory=XTermParser)

    async def send(self, read: Read) -> bool:
        """Send what arrives in one read, and wait; False if the app has ended."""
        self.sent.append(read)
        for kind, what in read.events:
            self._deliver(kind, what)
        if read.pause is None:
            await self._rest()
        else:
            await asyncio.sleep(read.pause)
        assert not self.app.defects, f"{self.app.defects[0]}\n{self.story()}"
        return self.app._exception is None and not self.app._exit

    def _deliver(self, kind: str, what: Any) -> None:
        app = self.app
        assert app._driver is not None
        if kind == "size":
            app._driver._size = what
            app.post_message(Resize(Size(*what), Size(*what)))
        elif what == "escape":
            app._driver.process_message(Key("escape", "\x1b"))
        else:
            for message in self._parser.feed(_SENT.get(what, what) if kind == "key" else what):
                app._driver.process_message(message)

    async def _rest(self) -> None:
        """Wait until the app has handled all that was sent, but not for ever: it may end."""
        rest = asyncio.ensure_future(self.pilot.pause())
        while not rest.done() and not self.app._exit and self.app._exception is None:
            await asyncio.wait((rest,), timeout=0.05)
        rest.cancel()

    def story(self, last: int = 40) -> str:
        """Give what was sent last, one read a line."""
        return f"the last of {sum(len(read.events) for read in self.sent)} events:\n" + "\n".join(
            map(repr, self.sent[-last:])
        )
