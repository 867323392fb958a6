"""A map of nodes in lines of text: a sign for each core and GPU, which says what task holds it.
Texts only; no widgets.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from enchanted_tui.record.node_use import NodeUse
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.columns import Column, Painted
from enchanted_tui.ui.widgets.progress_bar import bar

LETTERS = string.ascii_lowercase + string.ascii_uppercase
_COLOURS = ("primary", "warning", "accent", "success", "secondary")
_GROUP = 8  #: cores between two blanks
_MANY = 9  #: tasks that share something, above which their number is a sign
_LONGEST_NAME = 16  #: characters of a node's name


class Letters:
    """The letter of each task that runs: it keeps it, and a letter that has become free is given
    anew as late as possible. There are 52; further tasks have none.
    """

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._next = 0

    def give(self, tasks: Iterable[str]) -> None:
        """Give letters to these tasks, and take them from all others."""
        wanted = list(tasks)
        running = set(wanted)
        self._of = {task: letter for task, letter in self._of.items() if task in running}
        taken = set(self._of.values())
        for task in wanted:
            if len(taken) == len(LETTERS):
                return
            if task not in self._of:
                while LETTERS[self._next] in taken:
                    self._next = (self._next + 1) % len(LETTERS)
                self._of[task] = LETTERS[self._next]
                taken.add(LETTERS[self._next])
                self._next = (self._next + 1) % len(LETTERS)

    def of(self, task: str) -> str:
        """Return the task's letter, or the sign of those that have none."""
        return self._of.get(task) or glyph("stopped")

    def colour(self, task: str) -> str:
        """Return the name of the theme colour that goes with its letter."""
        letter = self._of.get(task)
        return _COLOURS[LETTERS.index(letter) % len(_COLOURS)] if letter else "dim"


@dataclass(frozen=True)
class NodeLine:
    """A line of the map: so many of a node's cores. All that is said of the node besides stands in
    its first line.
    """

    node: NodeUse
    cores: tuple[int, ...]
    first: bool


@dataclass(frozen=True)
class Layout:
    """How nodes are drawn in the room there is. Widths in characters."""

    lines: tuple[NodeLine, ...]
    columns: tuple[Column, ...]
    counts: bool  #: there are too many cores for a sign each: bars and numbers stand for them
    width: int  #: of what is drawn for cores

    def cores_at(self, line: NodeLine, x: int) -> list[str]:
        """Return the tasks that hold the core drawn at place `x` of a line."""
        place = x - x // (_GROUP + 1)
        blank = x % (_GROUP + 1) == _GROUP
        if self.counts or blank or not 0 <= place < len(line.cores):
            return []
        return line.node.cpus[line.cores[place]]

    def gpus_at(self, line: NodeLine, x: int) -> list[str]:
        """Return the tasks that hold the GPU drawn at place `x` of a line."""
        held = list(line.node.gpus.values())
        return held[x] if line.first and not self.counts and 0 <= x < len(held) else []


def layout(nodes: Sequence[NodeUse], room: tuple[int, int], *, all_known: bool) -> Layout:
    """Return how to draw nodes in `room`, columns and lines; `all_known`: it is known of all tasks
    what they hold.
    """
    width, height = room
    names = min(_LONGEST_NAME, max((len(node.name) for node in nodes), default=4))
    busy = max((2 * len(f"{len(node.cpus)}") + 1 for node in nodes), default=4)
    gpus = max((len(node.gpus) for node in nodes), default=0)
    fixed = [Column("name", "NODE", max(4, names), name=True)]
    last = [Column("busy", "BUSY", max(4, busy), "right")]
    if gpus:
        last.insert(0, Column("gpus", "GPUS", max(4, gpus)))
    taken = sum(column.width + 2 for column in (*fixed, *last))
    left = max(_GROUP, width - taken)
    each = max(_GROUP, _GROUP * ((left + 1) // (_GROUP + 1)))
    lines = tuple(_lines(nodes, each))
    counts = not all_known or (len(lines) > len(nodes) and len(lines) > height)
    if counts:
        lines = tuple(NodeLine(node, tuple(node.cpus), first=True) for node in nodes)
        last.append(Column("tasks", "TASKS", 5, "right", priority=1))
        left -= 7
    return Layout(lines, (*fixed, Column("cores", "CORES", left), *last), counts, max(_GROUP, left))


def _lines(nodes: Sequence[NodeUse], each: int) -> Iterable[NodeLine]:
    for node in nodes:
        cores = tuple(node.cpus)
        for start in range(0, max(1, len(cores)), each):
            yield NodeLine(node, cores[start : start + each], first=start == 0)


def painted(
    held: Iterable[list[str]], letters: Letters, marked: str, *, group: bool = False
) -> Painted:
    """Return signs for what tasks hold: a task's letter, a number where several share it, a dot
    where it is free; what the `marked` task holds stands out.
    """
    spans: list[tuple[str, str]] = []
    for place, tasks in enumerate(held):
        if group and place and place % _GROUP == 0:
            spans.append((" ", ""))
        spans.append(_sign(tasks, letters, marked))
    return Painted(_joined(spans))


def _joined(spans: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Put neighbours of the same colour together."""
    for colour, alike in groupby(spans, key=lambda span: span[1]):
        yield "".join(text for text, _ in alike), colour


def _sign(tasks: list[str], letters: Letters, marked: str) -> tuple[str, str]:
    if not tasks:
        return glyph("dot"), "dim"
    sign = letters.of(tasks[0])
    if len(tasks) > 1:
        sign = str(len(tasks)) if len(tasks) <= _MANY else "+"
    return sign, "reverse" if marked in tasks else letters.colour(tasks[0])


def share_bar(busy: int, number: int, width: int) -> Painted:
    """Return a bar for the share of a node's cores that tasks hold."""
    return Painted([(bar(busy / number if number else 0.0, width), "primary")])
