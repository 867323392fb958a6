"""What pictures a terminal shows: it is asked, while the app runs and once somebody wants one."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enchanted_tui.ui.pictures import kitty_graphics

IN_BROWSER = "ENCHANTED_TUI_IN_BROWSER"  #: variable that `--serve` sets

_PATIENCE = 3.0  #: seconds
_QUERY = 31  #: number of a picture that is never shown
#: Primary device attributes, which every terminal answers: what was asked before has been answered
#: by then, or never will be.
_LAST = "\x1b[c"
_ATTRIBUTES = re.compile(r"\x1b\[\?([\d;]*)c")
_CELL = re.compile(r"\x1b\[6;(\d+);(\d+)t")
_REGISTERS = re.compile(r"\x1b\[\?1;0;(\d+)S")
_LARGEST = re.compile(r"\x1b\[\?2;0;(\d+);(\d+)S")
_SIXEL = "4"  #: among the device attributes
_MOST_REGISTERS, _USUAL_REGISTERS = 256, 256
#: Pixels of a character where nobody knows: small, or sixels would reach beyond their place.
_SMALL_CELL = 6, 12
_USUAL_CELL = 10, 20
_TERMINALS = "kitty, Ghostty, WezTerm, foot, Konsole or xterm -ti vt340"


@dataclass(frozen=True)
class Ability:
    """How a terminal shows pictures."""

    protocol: str  #: ``kitty`` or ``sixel``
    cell: tuple[int, int]  #: width and height of a character, in pixels
    registers: int = _USUAL_REGISTERS  #: for colours of sixels
    largest: tuple[int, int] | None = None  #: width and height of sixels, in pixels


class TerminalAsking:
    """Asks a terminal by `write`; its answers are given to `hear`."""

    def __init__(
        self,
        write: Callable[[str], None],
        cell: Callable[[], tuple[int, int] | None],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`cell` tells the pixels of a character, if the terminal's line knows them."""
        self._write, self._cell, self._environment = write, cell, environment
        self._heard = ""
        self._has_all = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def hear(self, answers: list[str]) -> None:
        """Take what the terminal has answered."""
        self._heard += "".join(answers)
        if _ATTRIBUTES.search(self._heard):
            self._has_all.set()

    async def ask(self, wanted: str) -> Ability | str:
        """Return how the terminal shows pictures, or the sentence that says why it does not.
        `wanted` is the preference: ``auto``, ``kitty``, ``sixel`` or ``off``.
        """
        if self._environment.get(IN_BROWSER):
            return "A browser shows no pictures here; w writes the plot as a figure."
        if wanted == "off":
            return (
                "Pictures are switched off by the setting pictures: off; change it to auto, or"
                " write the plot as a figure (w)."
            )
        async with self._one_at_a_time:
            return await self._ask(wanted)

    async def _ask(self, wanted: str) -> Ability | str:
        cell = self._cell()
        questions = "" if cell else "\x1b[16t"
        if wanted == "auto" and self._may_know_kitty():
            questions = kitty_graphics.asking(_QUERY) + questions
        answers = await self._answers(questions)
        protocol = wanted if wanted != "auto" else _protocol(answers)
        if protocol is None:
            return self._why_not(answers)
        if cell is None and answers is not None and (found := _CELL.search(answers)):
            cell = int(found[2]), int(found[1])
        if protocol == "kitty":
            return Ability(protocol, cell or _USUAL_CELL)
        limits = await self._answers("\x1b[?1;1;0S\x1b[?2;1;0S") if answers is not None else None
        return _sixel_ability(cell or _SMALL_CELL, limits or "")

    async def _answers(self, questions: str) -> str | None:
        """Return what the terminal answers; None if it does not answer at all."""
        self._heard = ""
        self._has_all.clear()
        self._write(questions + _LAST)
        try:
            await asyncio.wait_for(self._has_all.wait(), _PATIENCE)
        except TimeoutError:
            return None
        return self._heard

    def _may_know_kitty(self) -> bool:
        """Tell whether to ask for kitty's protocol: a multiplexer takes the question for a title,
        and old consoles print it.
        """
        term = self._environment.get("TERM", "")
        return not (
            self._is_multiplexed() or term in ("linux", "dumb", "") or term.startswith("vt")
        )

    def _is_multiplexed(self) -> bool:
        term = self._environment.get("TERM", "")
        return any(map(self._environment.get, ("TMUX", "STY"))) or term.startswith(
            ("tmux", "screen")
        )

    def _why_not(self, answers: str | None) -> str:
        if answers is None:
            return (
                f"The terminal has not answered within {_PATIENCE:g} s what pictures it shows; the"
                " setting pictures: kitty or pictures: sixel says so, or write the plot as a figure"
                " (w)."
            )
        if self._is_multiplexed():
            return (
                "Inside tmux or screen there are pictures only where it was built with sixel (tmux"
                f" 3.4); start the app outside, in {_TERMINALS}, or write the plot as a figure (w)."
            )
        return (
            "This terminal has neither kitty's graphics nor sixel, so it shows no pictures; use"
            f" {_TERMINALS}, or write the plot as a figure (w)."
        )


def _protocol(answers: str | None) -> str | None:
    if answers is None:
        return None
    if f"\x1b_Gi={_QUERY};OK" in answers:
        return "kitty"
    found = _ATTRIBUTES.search(answers)
    return "sixel" if found is not None and _SIXEL in found[1].split(";")[1:] else None


def _sixel_ability(cell: tuple[int, int], limits: str) -> Ability:
    registers, largest = _REGISTERS.search(limits), _LARGEST.search(limits)
    return Ability(
        "sixel",
        cell,
        min(_MOST_REGISTERS, max(2, int(registers[1]))) if registers else _USUAL_REGISTERS,
        (int(largest[1]), int(largest[2])) if largest and int(largest[1]) else None,
    )
