"""The part of the Config screen that finds and replaces."""

from __future__ import annotations

from textual import on

from enchanted_tui.ui.editor.find_bar import FindBar
from enchanted_tui.ui.editor.many_texts import ManyTexts
from enchanted_tui.ui.editor.text_search import TextSearch


class TextFinding(ManyTexts):
    """Mixed into the screen of the editor."""

    def __init__(self) -> None:
        super().__init__()
        self.search = TextSearch(self, lambda: self.area)

    @on(FindBar.Changed)
    def _look_for(self) -> None:
        self.search.look_for()

    @on(FindBar.Asked)
    def _answer_bar(self, event: FindBar.Asked) -> None:
        self.search.answer(event)

    def action_config_find(self) -> None:
        self.search.open(replaces=False)

    def action_config_replace(self) -> None:
        self.search.open(replaces=True)

    def action_config_find_next(self) -> None:
        self.search.step(1)

    def action_config_find_previous(self) -> None:
        self.search.step(-1)

    def action_config_find_case(self) -> None:
        self.search.toggle_case()

    def action_config_replace_one(self) -> None:
        self.search.replace_one()

    def action_config_replace_all(self) -> None:
        self.search.replace_every()
