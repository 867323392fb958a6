"""The Failures screen: what went wrong, how often, where, and what the failed samples have in
common.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.message import Message

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui import failure_lines
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import GOING_ON, CampaignScreen
from enchanted_tui.ui.kept_choices import await_row, kept_row, kept_text
from enchanted_tui.ui.rereading import Rereading
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.divider import Divider
from enchanted_tui.ui.widgets.line import Line
from enchanted_tui.ui.widgets.replacing import may_write
from enchanted_tui.ui.widgets.separation_view import separation_text
from enchanted_tui.ui.widgets.table import Cell, VirtualTable
from enchanted_tui.views.separation import Separation, separations

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices
    from enchanted_tui.views.failure_groups import FailureGroup, Values
    from enchanted_tui.views.viewing import View, Viewer

_ALL = ""  # key of the row for all groups together; no message normalises to nothing
_PAUSE = 2.0  # seconds between two readings while failures come in


class DetailPane(VerticalScroll):
    """What a group has in common; its text is laid out for its width."""

    DEFAULT_CSS = """
    DetailPane { height: 1fr; scrollbar-size-vertical: 1; }
    DetailPane > Line { height: auto; padding: 0 1; }
    """

    class Resized(Message):
        """It has another size."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class FailuresScreen(CampaignScreen):
    """Groups above (or on the left), what the group under the cursor has in common below (or on the
    right).
    """

    KEPT = "failures"
    HELP = """What went wrong, grouped: messages that differ only in numbers, paths and names of
tasks are one group.

Beside each group, every parameter of the failed samples on one axis with the successful ones; the
parameter that tells them apart best comes first. Enter lists the tasks of the group."""
    DEFAULT_CSS = """
    FailuresScreen #split { height: 1fr; layout: vertical; }
    FailuresScreen.-wide #split { layout: horizontal; }
    FailuresScreen .heading { background: $surface; padding: 0 1; text-style: bold; }
    FailuresScreen #groups-side { height: 2fr; width: 1fr; }
    FailuresScreen #detail-side { height: 3fr; width: 1fr; }
    FailuresScreen.-wide #groups-side, FailuresScreen.-wide #detail-side { height: 1fr; }
    FailuresScreen #split > Divider { display: none; }
    FailuresScreen.-wide #split > Divider { display: block; }
    FailuresScreen #tasks { display: none; height: 1fr; }
    FailuresScreen.-tasks #tasks { display: block; }
    FailuresScreen.-tasks #detail { display: none; }
    """
    AUTO_FOCUS = "#groups"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "failures.open",
        "failures.retry",
        "failures.export",
        "failures.filter",
        "failures.sort",
        "failures.copy",
        "failures.back",
        *GOING_ON,
    )

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[str, FailureGroup] = {}
        self._words = ""
        self._newest_first = False
        self._will_list = False  #: the tasks of the group, once it has been read
        self._reading = Rereading(self, self._read, _counts, lambda: _PAUSE)
        #: what the text says something about: group, its size, width
        self._judged: tuple[str, int, int] | None = None
        self._now = time.time

    def compose_body(self) -> ComposeResult:
        with Container(id="split"):
            with Vertical(id="groups-side"):
                yield Line(id="groups-heading", classes="heading")
                nothing = "No campaign is open; choose one on the screen Runs (1)."
                yield VirtualTable(
                    failure_lines.GROUPS, self._group_cells, empty=nothing, holds=True, id="groups"
                )
            yield Divider("failures")
            with Vertical(id="detail-side"):
                yield Line(id="detail-heading", classes="heading")
                with DetailPane(id="detail"):
                    yield Line(id="text")
                yield VirtualTable(failure_lines.TASKS, self._task_cells, id="tasks")
        yield AskLine()

    @property
    def groups(self) -> VirtualTable:
        return self.query_one("#groups", VirtualTable)

    @property
    def tasks(self) -> VirtualTable:
        return self.query_one("#tasks", VirtualTable)

    # -- reading -----------------------------------------------------------------------------------

    def show(self, view: View) -> None:
        self._reading.look(view)

    def show_nothing(self) -> None:
        self._reading.forget()
        self._groups, self._judged = {}, None
        self._lay_out()  # before anything looks at a row: they are those of the groups
        self.groups.set_empty(
            "Reading the failures."
            if self.app.root
            else "No campaign is open; choose one on the screen Runs (1)."
        )
        self._close_tasks()
        self._describe()

    def forget_choices(self) -> None:
        self._words, self._will_list = "", False
        self.groups.awaited.key = self.tasks.awaited.key = None

    def choices(self) -> Choices:
        lists = self.has_class("-tasks") or self._will_list
        rows = {"group": kept_row(self.groups), "task": kept_row(self.tasks)}
        return {"words": self._words, "newest": self._newest_first, "lists": lists, **rows}

    def restore(self, choices: Mapping[str, Any]) -> None:
        self._words = kept_text(choices, "words")
        self._newest_first = choices.get("newest") is True
        self._will_list = choices.get("lists") is True
        await_row(self.groups, choices.get("group"))
        await_row(self.tasks, choices.get("task"), tasks=True)
        self._lay_out()

    async def _read(self, viewer: Viewer) -> None:
        found = await self.read_of_run(viewer, viewer.rows.failure_groups)
        self._groups = {group.pattern: group for group in found}
        self._lay_out()
        self.groups.set_empty("Nothing has failed.")
        if self._will_list:
            self._will_list = False
            self._list_tasks()
        await self._judge()

    def _lay_out(self) -> None:
        words = self._words.lower().split()
        found = [
            group
            for group in self._groups.values()
            if all(word in group.pattern.lower() for word in words)
        ]
        if self._newest_first:
            found.sort(key=lambda group: -group.last)
        keys = [group.pattern for group in found]
        self.groups.set_rows([_ALL, *keys] if len(keys) > 1 else keys)
        self.groups.set_sort("last" if self._newest_first else "count", descending=True)
        total = sum(group.count for group in self._groups.values())
        kinds = "" if len(self._groups) == 1 else f" in {len(self._groups):,} groups"
        filtered = f", those with {self._words!r}" if words else ""
        self.query_one("#groups-heading", Line).show(
            f"{total:,} failed{kinds}{filtered}" if total else "Failures"
        )
        if self.has_class("-tasks"):
            self.tasks.set_rows(self._members())

    def _chosen(self) -> list[FailureGroup]:
        """Return the groups under the cursor: one, or all that are shown."""
        key = self.groups.cursor
        if key == _ALL:
            return [self._groups[pattern] for pattern in self.groups.rows[1:]]
        return [self._groups[key]] if key in self._groups else []

    def _members(self) -> Sequence[TaskId]:
        """Return the tasks of the groups under the cursor."""
        chosen = self._chosen()
        return (
            chosen[0].tasks
            if len(chosen) == 1
            else [task for group in chosen for task in group.tasks]
        )

    # -- what the failed have in common ------------------------------------------------------------

    async def _judge(self) -> None:
        viewer, chosen = self.viewer, self._chosen()
        width = self.query_one("#detail").size.width - 3
        judged = (self.groups.cursor, sum(group.count for group in chosen), width)
        if not chosen or viewer is None or width < 20:
            self._judged = None
            self._describe()
        elif judged != self._judged:
            self._judged = judged
            failed, ok = await self.read_of_run(
                viewer, viewer.rows.failure_values, [group.pattern for group in chosen]
            )
            found = await self.read_of_run(viewer, separations, failed, ok)
            if self._judged == judged:
                self._describe(chosen, found, failed, ok, width)

    def _describe(
        self,
        chosen: Sequence[FailureGroup] = (),
        found: Sequence[Separation] = (),
        failed: Values | None = None,
        ok: Values | None = None,
        width: int = 0,
    ) -> None:
        text = Text()
        if chosen:
            text.append_text(failure_lines.summary(chosen, self._now(), width))
            colours = self.app.theme_variables
            for item in found:
                text.append("\n").append_text(
                    separation_text(
                        item,
                        (failed or {}).get(item.name, ()),
                        (ok or {}).get(item.name, ()),
                        width,
                        colours,
                    )
                )
        shown = self.query_one("#text", Line)
        shown.show(text)
        shown.refresh(layout=True)
        self._head_detail(chosen)

    def _head_detail(self, chosen: Sequence[FailureGroup]) -> None:
        heading = self.query_one("#detail-heading", Line)
        if not chosen:
            heading.show("")
        elif self.has_class("-tasks"):
            heading.show(
                f"{len(self.tasks.rows):,} failed task{'s' if len(self.tasks.rows) > 1 else ''}"
            )
        else:
            heading.show("All failures" if len(chosen) > 1 else "What they have in common")

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        if event.table is self.groups:
            if self.has_class("-tasks"):
                self.tasks.set_rows(self._members())
            self.app.perform(self._judge())

    def on_detail_pane_resized(self) -> None:
        self.app.perform(self._judge())

    # -- cells -------------------------------------------------------------------------------------

    def _group_cells(self, key: str) -> Sequence[Cell]:
        if key == _ALL:
            groups = [self._groups[pattern] for pattern in self.groups.rows[1:]]
            return failure_lines.group_cells(groups, "all of these", self._now())
        return failure_lines.group_cells([self._groups[key]], (key, "error"), self._now())

    def _task_cells(self, key: TaskId) -> Sequence[Cell]:
        if self.viewer is None:
            return ()
        return failure_lines.task_cells(self.viewer.line(key), self._now())

    # -- opening -----------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self.action_failures_open()

    def action_failures_open(self) -> None:
        """Open the task under the cursor, or the list of the group's tasks."""
        if (
            self.has_class("-tasks")
            and self.focused is self.tasks
            and self.tasks.cursor is not None
        ):
            self._open_task(self.tasks.cursor)
            return
        members = self._members()
        if len(members) == 1:
            self._open_task(members[0])
        elif not self._list_tasks():
            self.notify("Nothing has failed.")

    def _list_tasks(self) -> bool:
        """List the tasks of the group, if there are several; return whether there are."""
        members = self._members()
        if len(members) > 1:
            self.add_class("-tasks")
            self.tasks.set_rows(members)
            self.tasks.focus()
            self._head_detail(self._chosen())
        return len(members) > 1

    def _open_task(self, task: TaskId) -> None:
        from enchanted_tui.ui.screens.task import TaskScreen

        self.app.open_over(self, TaskScreen(task))

    def action_failures_back(self) -> None:
        if self.has_class("-tasks"):
            self._close_tasks()
        elif self._words:
            self._words = ""
            self._lay_out()
        else:
            self.app.show_mode("monitor")

    def _close_tasks(self) -> None:
        self.remove_class("-tasks")
        self.groups.focus()
        self._head_detail(self._chosen())

    # -- the rest ----------------------------------------------------------------------------------

    def action_failures_sort(self) -> None:
        self._newest_first = not self._newest_first
        self._lay_out()

    def on_virtual_table_header_selected(self, event: VirtualTable.HeaderSelected) -> None:
        if event.column in ("count", "last"):
            self._newest_first = event.column == "last"
            self._lay_out()

    def action_failures_filter(self) -> None:
        self.query_one(AskLine).ask("filter", "Filter", self._words, "words of the message")

    def action_failures_copy(self) -> None:
        chosen = self._chosen()
        if chosen:
            self.app.copy(
                "\n".join(group.example for group in chosen),
                "the message" if len(chosen) == 1 else "the messages",
            )

    def action_failures_retry(self) -> None:
        members = self._members()
        if self.app.root is not None and len(members):
            self.app.open_launch(self.app.root, "retry", only=tuple(members), under=self)
        else:
            self.notify("Nothing has failed.")

    def action_failures_export(self) -> None:
        if not len(self._members()):
            self.notify("Nothing has failed.")
            return
        assert self.app.root is not None
        proposed = self.app.home / f"{self.app.root.name}_failures.csv"
        self.query_one(AskLine).ask("export", "Write to", str(proposed))

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        line = self.query_one(AskLine)
        if message.purpose == "filter":
            self._words = message.value.strip()
            line.action_close()
            self._lay_out()
        elif not message.value.strip():
            line.say("type the name of a file")
        else:
            line.action_close()
            self.app.perform(self._export(self.app.home / Path(message.value.strip()).expanduser()))

    def on_ask_line_closed(self) -> None:
        (self.tasks if self.has_class("-tasks") else self.groups).focus()

    async def _export(self, path: Path) -> None:
        from enchanted_tui.views.failure_export import export_failures

        viewer, members = self.viewer, list(self._members())
        if viewer is None or not await may_write(self, [path]):
            return
        count = await in_thread(export_failures, viewer, members, path)
        self.notify(f"Wrote {count:,} line{'' if count == 1 else 's'} to {path}", markup=False)


def _counts(view: View) -> object:
    return (view.snapshot.failed, view.snapshot.tasks_done, view.snapshot.mode, view.reading)
