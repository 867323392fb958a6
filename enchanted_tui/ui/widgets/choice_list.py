"""Lists to choose from."""

from __future__ import annotations

from textual.widgets import OptionList


def is_laid_out(options: OptionList) -> bool:
    """Tell whether a list knows its lines; until then Textual's own pages end in a KeyError."""
    return bool(options.scrollable_content_region.width)


class Options(OptionList):
    """A list of options that bears keys which arrive before it has been laid out."""

    def action_page_up(self) -> None:
        if is_laid_out(self):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        if is_laid_out(self):
            super().action_page_down()  # type: ignore[no-untyped-call]
