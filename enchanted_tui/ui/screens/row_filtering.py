"""What the Results screen does about its rows: which a condition keeps, and how it is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.facts_in_line import cut
from enchanted_tui.ui.kept_choices import kept_text
from enchanted_tui.ui.row_choice import RowChoice
from enchanted_tui.ui.widgets.condition_line import ConditionLine
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.row_condition import ConditionError, RowCondition, spelt
from enchanted_tui.views.row_selection import RowSelection

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices


def _about_backquotes(condition: str, names: Collection[str]) -> ConditionError | None:
    """Say of a condition that is none that it names a column which no condition can name."""
    for name in names:
        if "`" in name and name in condition:
            said = f"a backquote is in the name of {name}, so no condition can be about that column"
            return ConditionError(said, condition.index(name))
    return None


class RowFiltering(CampaignScreen):
    """A screen that shows a dataset, or the rows of it that keep a condition."""

    whole: Results  #: the dataset
    results: Results  #: what is shown of it
    rows = RowChoice()  #: what a person has chosen; set by `choose_rows`
    _typed: str | None = None  #: the condition that is being written
    _wrong: ConditionError | None = None  #: what is wrong with the condition that is wanted
    _readings = 0  #: how often the dataset was read from its beginning

    def _refresh_view(self) -> None:
        """Show what `results` has."""
        raise NotImplementedError

    @property
    def condition_line(self) -> ConditionLine:
        return self.query_one(ConditionLine)

    def forget_choices(self) -> None:
        super().forget_choices()
        self._typed, self._wrong, self.rows = None, None, RowChoice()
        self.condition_line.close()

    def choices(self) -> Choices:
        rows = self.rows
        return {**super().choices(), "condition": rows.condition, "hidden": sorted(rows.hidden)}

    def restore(self, choices: Mapping[str, Any]) -> None:
        super().restore(choices)
        hidden = choices.get("hidden")
        self.rows = RowChoice(
            kept_text(choices, "condition"),
            frozenset(map(str, hidden)) if isinstance(hidden, list) else frozenset(),
        )

    def choose_rows(self, rows: RowChoice) -> None:
        """Show other rows and columns."""
        self.rows = rows
        self._filter_soon()

    # -- which rows --------------------------------------------------------------------------------

    @property
    def _wanted(self) -> str:
        return (self.rows.condition if self._typed is None else self._typed).strip()

    def drop_filtered(self) -> None:
        """Show the whole dataset, since it is another one than before."""
        self._readings += 1
        self.results = self.whole

    async def filter_rows(self) -> bool:
        """Bring `results` up to date with the dataset and the condition. A condition that is none
        leaves what is shown while it is being written, and keeps all rows otherwise.

        Return False where rows or condition have changed meanwhile: somebody else sees to it then.
        """
        wanted, whole = self._wanted, self.whole
        count, readings = len(whole), self._readings
        found: Results | None = whole
        wrong = None
        if wanted and whole.columns:
            try:
                condition = RowCondition(wanted, whole.columns)
                kept = await in_thread(condition.judge, condition.gather(whole.columns), count)
                found = RowSelection(whole, kept, self.results)
            except ConditionError as error:
                wrong = _about_backquotes(wanted, whole.columns) or error
                found = None if self._typed is not None else whole
        if (wanted, count, readings) != (self._wanted, len(self.whole), self._readings):
            return False
        self._wrong, self.results = wrong, self.results if found is None else found
        return True

    def _filter_soon(self) -> None:
        run_newest(self, "rows", self._filter_and_show)

    async def _filter_and_show(self) -> None:
        await self.filter_rows()
        self._refresh_view()

    # -- what is said of it ------------------------------------------------------------------------

    @property
    def count_words(self) -> str:
        """How many rows there are, or of how many."""
        count, of = len(self.results), len(self.whole)
        rows = f"row{'' if of == 1 else 's'}"
        return f"{count:,} {rows}" if self.results is self.whole else f"{count:,} of {of:,} {rows}"

    def show_condition(self) -> None:
        """Say which rows are shown, and what is wrong with the condition."""
        line, wrong = self.condition_line, self._wrong
        if line.display and wrong is not None:
            line.complain(str(wrong), wrong.place)
        elif line.display:
            line.say(self.count_words)
        said = self.query_one("#where", Buttons)
        said.display = bool(self.rows.condition) and not line.display
        if said.display:
            said.set(self._parts(said.content_size.width or self.size.width - 2))

    def on_resize(self) -> None:
        if self.is_mounted:
            self.show_condition()

    def _parts(self, width: int) -> list[tuple[str, str, str]]:
        everything = ("  all rows", "underline", "results_all_rows")
        if self._wrong is not None:
            colour = str(self.app.theme_variables.get("error", ""))
            beginning = ("all rows are shown: ", colour, "")
            text = f"{self.rows.condition}: {self._wrong.told()}"
        else:
            beginning, text = (f"{self.count_words} where ", "", ""), self.rows.condition
        room = width - len(beginning[0]) - len(everything[0])
        shown = cut(text, room).rstrip() if len(text) > room else text
        return [beginning, (shown, "bold", "results_where"), everything]

    # -- writing it --------------------------------------------------------------------------------

    def action_results_where(self) -> None:
        if not self.whole.columns:
            self.notify("There are no rows to choose from yet.")
            return
        if self.condition_line.display:
            self.condition_line.typed.focus()
            return
        names = [spelt(name) for name in self.whole.columns if "`" not in name]
        self.condition_line.ask(self.rows.condition, names)
        self._typed = self.rows.condition
        self._refresh_view()

    def action_results_all_rows(self) -> None:
        self.choose_rows(replace(self.rows, condition=""))

    def on_condition_line_typed(self, message: ConditionLine.Typed) -> None:
        if self._typed is not None:
            self._typed = message.text
            self._filter_soon()

    def on_condition_line_kept(self, message: ConditionLine.Kept) -> None:
        self._typed = message.text
        run_newest(self, "rows", self._keep)

    async def _keep(self) -> None:
        """Keep what is written, unless something is wrong with it."""
        while not await self.filter_rows():
            pass
        if self._wrong is None and self._typed is not None:
            self.rows = replace(self.rows, condition=self._typed.strip())
            self._end_writing()
        self._refresh_view()

    def on_condition_line_left(self) -> None:
        self._end_writing()
        self._filter_soon()

    def _end_writing(self) -> None:
        self._typed = None
        self.condition_line.close()
        self.focus_view()

    def focus_view(self) -> None:
        """Put the focus into what is shown."""
        raise NotImplementedError
