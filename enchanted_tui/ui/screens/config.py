"""The screen for configurations: the text, and beside it its problems, help, outline and what would
run.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.geometry import Offset
from textual.timer import Timer
from textual.widgets import TextArea

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.checking import CheckedText
from enchanted_tui.ui.editor.file_bar import FileBar
from enchanted_tui.ui.editor.find_bar import FindBar
from enchanted_tui.ui.editor.finding import TextFinding
from enchanted_tui.ui.editor.from_templates import insert_component
from enchanted_tui.ui.editor.menu import CompletionMenu
from enchanted_tui.ui.editor.panes import (
    PANES,
    HelpPane,
    Jump,
    OutlineList,
    PaneTabs,
    PreviewPane,
    ProblemList,
)
from enchanted_tui.ui.editor.text_checker import TextChecker
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.screens.other_views import begin, open_form, show_difference
from enchanted_tui.ui.widgets.divider import Divider

_CHECK_AFTER = 0.3  #: seconds without a key before the text is checked
_EXPLAIN_AFTER = 0.15  #: seconds on one place before it is explained
_SLOW = 5.0  #: seconds after which a check is called slow


class ConfigScreen(TextFinding):
    """Edits one configuration."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "config.text", "config.save", "config.complete", "config.form", "config.find",
        "config.launch", "config.next_problem", "config.preview", "config.outline", "config.new",
        "config.open", "config.previous_problem", "config.problems", "config.explain",
        "config.insert", "config.save_as", "config.reload", "config.external", "config.find_next",
        "config.find_previous", "config.find_case", "config.replace", "config.replace_one",
        "config.replace_all", "config.difference", "config.companion", "config.next_text",
        "config.previous_text", "config.close_text",
    )  # fmt: skip
    DEFAULT_CSS = """
    ConfigScreen #work { layout: vertical; height: 1fr; }
    ConfigScreen #beside { height: 9; }
    ConfigScreen #beside > .pane {
        height: 1fr; display: none; border: none; padding: 0 1; background: $surface;
        scrollbar-size-vertical: 1;
    }
    ConfigScreen #beside > .shown { display: block; }
    ConfigScreen #beside > .pane:focus { background: $boost; }
    ConfigScreen.-short #beside { height: 8; }
    ConfigScreen.-wide #work { layout: horizontal; }
    ConfigScreen.-wide #beside { width: 37%; min-width: 43; height: 1fr; }
    ConfigScreen #work > Divider { display: none; }
    ConfigScreen.-wide #work > Divider { display: block; border-left: solid $panel; }
    ConfigScreen.-wide #beside > #problems.below {
        display: block; height: 40%; border-top: solid $primary !important;
        border-title-color: $foreground;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._check_wanted = asyncio.Event()
        self._checker = TextChecker()
        self._pane = "problems"
        self._pane_is_chosen = False
        self._check_timer: Timer | None = None
        self._explain_timer: Timer | None = None
        #: in which direction, and in which text, before its check has come
        self._problem_wanted: tuple[int, str] | None = None

    @property
    def _checked(self) -> CheckedText | None:
        """The last check of the text that is shown."""
        return self.text.checked

    def compose_body(self) -> ComposeResult:
        yield FileBar()
        yield from self.compose_tabs()
        with Container(id="work"):
            yield from self.compose_texts()
            yield Divider("config")
            with Vertical(id="beside"):
                yield PaneTabs()
                for pane in (
                    HelpPane("help"),
                    OutlineList(),
                    PreviewPane("preview"),
                    ProblemList(),
                ):
                    pane.add_class("pane")
                    yield pane
        yield FindBar()
        yield CompletionMenu()

    async def on_mount(self) -> None:
        self.text_shown()
        self._show_pane("problems")
        self.area.focus()
        run_newest(self, "check", self._keep_checking)
        self.app.perform(self.file.start())

    def on_screen_resume(self) -> None:
        if self._checked is not None and self._checked.text != self.area.text:
            self.check_soon()

    def on_unmount(self) -> None:
        self._checker.close()

    # -- what the text sets going ------------------------------------------------------------------

    def say_note(self, note: str) -> None:
        self._show_bar(note)

    def check_soon(self) -> None:
        self._check_wanted.set()

    def text_shown(self) -> None:
        self.query_one(CompletionMenu).close()
        self.area.menu = self.query_one(CompletionMenu)
        self.search.look_again()
        if self._checked is not None and self._checked.text == self.area.text:
            self._take_in(self._checked)
        else:  # what is known is of the text that was here before
            self.text.checked = None
            self.area.show_problems(())
            self.query_one(ProblemList).show((), f"Checking{glyph('ellipsis')}")
        self.check_soon()  # what it names may have been edited meanwhile
        self._show_bar()

    @on(TextArea.Changed)
    def _text_changed(self, event: TextArea.Changed) -> None:
        if event.text_area is not self.area:
            return
        menu = self.query_one(CompletionMenu)
        if menu.is_open:
            self._offer_candidates()
        if self._check_timer is not None:
            self._check_timer.stop()
        if self.is_current:  # what writes into the text from above it checks that itself
            self._check_timer = self.set_timer(_CHECK_AFTER, self._check_wanted.set)
        self.file.unsaved_text.keep_soon()
        self.search.look_again()
        self._show_bar()

    @on(ConfigArea.Moved)
    def _cursor_moved(self) -> None:
        self.search.say_found()
        self._show_bar()
        if self._explain_timer is not None:
            self._explain_timer.stop()
        self._explain_timer = self.set_timer(_EXPLAIN_AFTER, self._explain_soon)

    @on(ConfigArea.Left)
    def _leave_text(self) -> None:
        self.set_focus(self.query_one(f"#{self._pane}"))

    async def _keep_checking(self) -> None:
        """Check the text whenever that is wanted, one check at a time, so that a slow plugin does
        not pile up threads.
        """
        while True:
            await self._check_wanted.wait()
            self._check_wanted.clear()
            slow = self.set_timer(
                _SLOW, lambda: self._show_bar(note="still checking; a plugin may be slow to import")
            )
            text = self.text
            path, companions = self.file.buffer.path, tuple(self.file.buffer.companions)
            checked = await in_thread(
                self._checker.check, self.area.text, path, self.app.home, companions
            )
            slow.stop()
            if self.is_mounted and text is self.text and checked.text == self.area.text:
                self._take_in(checked)

    def _take_in(self, checked: CheckedText) -> None:
        self.text.checked = checked
        self.area.colours(checked.is_configuration)
        self.area.show_problems(checked.problems)
        if self.file.is_begun:
            note = checked.without_problems(self.file.buffer.name)
            self.query_one(ProblemList).show(checked.problems, note)
        else:
            self.query_one(ProblemList).invite()
        outline = self.query_one(OutlineList)
        outline.show(checked.outline)
        outline.follow(self.area.cursor_location[0])
        self._show_bar()
        self._explain_soon()
        if self._pane == "preview":
            self._show_preview()
        if self._problem_wanted is not None:
            (direction, text), self._problem_wanted = self._problem_wanted, None
            if text == checked.text:
                self._go_to_problem(direction)

    def _show_bar(self, note: str = "") -> None:
        """Say which file is edited, whether it is saved, how many problems it has and where the
        cursor stands.
        """
        checked, is_begun = self._checked, self.file.is_begun
        is_current = checked is not None and checked.text == self.area.text
        counts = None
        if checked is not None and is_begun:
            counts = checked.errors, len(checked.problems) - checked.errors
        line, column = self.area.cursor_location
        self.query_one(FileBar).show(
            name=self.file.shown_name,
            is_modified=self.file.is_modified,
            changed_on_disk=self.file.changed_on_disk,
            is_read_only=self.app.read_only,
            problems=counts,
            is_judged=checked is None or (checked.is_judged and is_begun),
            is_current=is_current,
            place=(line + 1, column + 1),
            note=note,
        )
        self.query_one(PaneTabs).show(self._pane, "" if counts is None else str(sum(counts)))
        self.show_tabs()

    # -- help --------------------------------------------------------------------------------------

    def _explain_soon(self) -> None:
        if self._checked is not None:
            run_newest(self, "explain", self._explain, self._checked)

    async def _explain(self, checked: CheckedText) -> None:
        line, column = self.area.cursor_location
        self.query_one(OutlineList).follow(line)
        found = await in_thread(checked.answers.explain, line, column)
        if self.is_mounted:
            self.query_one(HelpPane).show(found)

    # -- completion --------------------------------------------------------------------------------

    def action_config_complete(self) -> None:
        """List candidates."""
        if not self.area.read_only and (self._checked is None or self._checked.is_configuration):
            self.area.focus()
            self._offer_candidates()

    def _offer_candidates(self) -> None:
        run_newest(self, "complete", self._offer)

    async def _offer(self) -> None:
        text, place = self.area.text, self.area.cursor_location
        base = self.file.buffer.path.parent if self.file.buffer.path is not None else self.app.home
        found = await in_thread(self._checker.completion, text, base, place)
        if self.is_mounted and (text, place) == (self.area.text, self.area.cursor_location):
            was_open = self.query_one(CompletionMenu).is_open
            self.query_one(CompletionMenu).offer(
                found, self.area.cursor_screen_offset - Offset(place[1] - found.start, 0)
            )
            if not found.candidates and not was_open:
                self.notify("Nothing to complete here.", timeout=2)

    @on(CompletionMenu.Taken)
    def _take_candidate(self, event: CompletionMenu.Taken) -> None:
        found = event.completion
        if found.line == self.area.cursor_location[0]:
            text = event.candidate.label + event.candidate.suffix
            start, end = (found.line, found.start), (found.line, found.end)
            self.area.replace(text, start, end, maintain_selection_offset=False)
            self.area.move_cursor((found.line, found.start + len(text)))

    # -- panes -------------------------------------------------------------------------------------

    def _show_pane(self, name: str) -> None:
        self._pane = name
        for pane in PANES:
            self.query_one(f"#{pane}").set_class(pane == name, "shown")
        # seen where there is room for two
        self.query_one(ProblemList).set_class(name != "problems", "below")
        self._show_bar()
        if name == "preview":
            self._show_preview()

    def _choose(self, name: str, *, focus: bool = True) -> None:
        """Show what a person has asked for."""
        self._pane_is_chosen = True
        self._show_pane(name)
        if focus:
            self.query_one(f"#{name}").focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._suit_pane)

    def _suit_pane(self) -> None:
        """Show help over the problems where there is room for both, until a person has chosen."""
        if not self._pane_is_chosen:
            self._pane = "help" if self.has_class("-wide") else "problems"
        self._show_pane(self._pane)

    @on(PaneTabs.Chosen)
    def _choose_pane(self, event: PaneTabs.Chosen) -> None:
        self._choose(event.name)

    @on(Jump)
    def _jump(self, event: Jump) -> None:
        self.area.go_to(event.line, event.column)
        self.area.focus()

    def action_config_problems(self) -> None:
        self._choose("problems")

    def action_config_explain(self) -> None:
        self._choose("help", focus=not self.area.has_focus)

    def action_config_outline(self) -> None:
        self._choose("outline")

    def action_config_preview(self) -> None:
        self._choose("preview", focus=not self.area.has_focus)

    def action_config_text(self) -> None:
        self.area.focus()

    def action_config_next_problem(self) -> None:
        self._go_to_problem(1)

    def action_config_previous_problem(self) -> None:
        self._go_to_problem(-1)

    def _go_to_problem(self, direction: int) -> None:
        """Go to the next place with a problem, round the end of the text; once it has been checked
        as it is now.
        """
        if self._checked is None or self._checked.text != self.area.text:
            self._problem_wanted = direction, self.area.text
            self._check_wanted.set()
            return
        found = self._checked.problem_beyond(self.area.cursor_location, direction)
        if found is None:
            self.notify(self._checked.why_no_place(self.file.buffer.name), timeout=3, markup=False)
            return
        place, index = found
        self.area.go_to(*place)
        self.area.focus()
        self.query_one(ProblemList).highlighted = index
        if self._pane != "problems" and not self.has_class("-wide"):
            self._show_pane("problems")

    def _show_preview(self) -> None:
        self.query_one(PreviewPane).show(self._checked, self.file.buffer.name)

    # -- the file ----------------------------------------------------------------------------------

    def action_config_save(self) -> None:
        self.app.perform(self.file.save())

    def action_config_save_as(self) -> None:
        self.app.perform(self.file.save_as())

    def action_config_open(self) -> None:
        self.app.perform(self.ask_and_open())

    def action_config_reload(self) -> None:
        if self.file.buffer.path is None:
            self.notify("There is no file to read again.", timeout=3)
        else:
            self.open_file(self.file.buffer.path)

    def action_config_new(self) -> None:
        self.app.perform(begin(self, self.area, self.file))

    def action_config_insert(self) -> None:
        self.app.perform(insert_component(self, self.area))

    def action_config_form(self) -> None:
        self.app.perform(open_form(self, self.area, self.file))

    def action_config_difference(self) -> None:
        self.app.perform(show_difference(self, self.area, self.file))

    def action_config_launch(self) -> None:
        self.app.perform(self.file.launch())

    def action_config_external(self) -> None:
        self.app.perform(self.file.edit_elsewhere())
