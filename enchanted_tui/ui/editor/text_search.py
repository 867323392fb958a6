"""Find and replace in the text of the Config screen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from textual.screen import Screen

from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.find import Match, Wanted, nearest
from enchanted_tui.ui.editor.find_bar import FindBar


class TextSearch:
    """Looks for text in the `ConfigArea` of a screen by its `FindBar`, shows where it stands, and
    replaces it.
    """

    def __init__(self, screen: Screen[None], area: Callable[[], ConfigArea]) -> None:
        """`area` gives the text that is shown."""
        self._screen, self._area_shown = screen, area
        self._found: list[Match] = []
        self._note = ""  #: said of what has just been done, instead of the number of matches

    @property
    def _bar(self) -> FindBar:
        return self._screen.query_one(FindBar)

    @property
    def _area(self) -> ConfigArea:
        return self._area_shown()

    def look_again(self) -> None:
        """Find what is looked for in the text as it is now; for whoever changes the text or moves
        the cursor.
        """
        if self._bar.display:
            self._found = self._bar.wanted.places(self._area.document.lines)
            self._area.show_found(self._found)
            self.say_found()

    def say_found(self) -> None:
        """Say how many matches there are, and which of them is selected."""
        if self._bar.display:
            here, count = self._here(), len(self._found)
            matches = f"{count:,} match{'' if count == 1 else 'es'}" if count else "no match"
            found = (
                f"{here + 1:,} of {count:,}"
                if here is not None
                else matches
                if self._bar.wanted.text
                else ""
            )
            self._bar.say(self._note or found)

    def _here(self) -> int | None:
        """Return the index of the match that is selected."""
        (line, start), (bottom, end) = sorted(self._area.selection)
        place = Match(line, start, end)
        index = bisect_left(self._found, place)
        is_match = line == bottom and self._found[index : index + 1] == [place]
        return index if is_match else None

    def _go(self, step: int, *, stay: bool = False) -> None:
        """Select the next match or the one before; with `stay`, the one that begins where the
        selection does, if one does.
        """
        self._note = ""
        self._found = self._bar.wanted.places(self._area.document.lines)
        start, end = sorted(self._area.selection)
        index = nearest(self._found, *(start if stay or step < 0 else end), step)
        if index is not None:
            self._area.select_place(self._found[index])
        self._area.show_found(self._found)
        self.say_found()

    # -- the bar -----------------------------------------------------------------------------------

    def open(self, *, replaces: bool) -> None:
        """Ask what to find; a piece of one line that is selected is proposed."""
        selected = self._area.selected_text
        bar = self._bar
        bar.open(
            selected if selected and len(selected.splitlines()) == 1 else "", replaces=replaces
        )

    def look_for(self) -> None:
        """Go to the first match from where the selection begins, so that it stays there while one
        types what to find.
        """
        self._go(1, stay=True)

    def answer(self, event: FindBar.Asked) -> None:
        """Do what a key in the bar asks for."""
        if event.what == "close":
            self._bar.display = False
            self._found = []
            self._area.show_found(())
            self._screen.set_focus(self._area)
        elif event.what == "replace":
            self.replace_one()
        else:
            self._go(1 if event.what == "next" else -1)

    def step(self, step: int) -> None:
        """Go to another match of what was looked for last, whether or not that is still asked for;
        ask if nothing was.
        """
        if not self._bar.wanted.text:
            self.open(replaces=False)
            return
        self._go(step)
        if not self._bar.display:
            self._area.show_found(())
            self._area.focus()
        if not self._found:
            self._screen.notify(
                f"{self._bar.wanted.text!r} is nowhere in this text.",
                severity="warning",
                markup=False,
                timeout=3,
            )

    def toggle_case(self) -> None:
        """Tell large and small letters apart, or no longer."""
        bar = self._bar
        bar.exact = not bar.exact
        if bar.display:
            self.look_for()
        else:
            self._screen.notify(
                "Find tells large and small letters apart."
                if bar.exact
                else "Find matches either case.",
                timeout=3,
            )

    # -- replacing ---------------------------------------------------------------------------------

    def _can_replace(self) -> bool:
        """Tell whether it has been said what to replace by what; ask if not."""
        bar = self._bar
        if bar.display and bar.has_class("-replaces") and bar.wanted.text:
            return True
        self.open(replaces=True)
        return False

    def replace_one(self) -> None:
        """Replace the match that is selected, and select the next; without one, only the latter."""
        if not self._can_replace():
            return
        here = self._here()
        if here is not None:
            self._area.replace_place(self._found[here], self._bar.by)
        self._go(1)

    def replace_every(self) -> None:
        """Replace every match as one edit, which one undo takes back."""
        if not self._can_replace():
            return
        wanted, by = self._bar.wanted, self._bar.by
        count = replace_all(self._area, wanted, by)
        self._go(1)
        self._note = f"{count:,} replaced" if count else "no match, nothing replaced"
        self.say_found()


def replace_all(area: ConfigArea, wanted: Wanted, by: str) -> int:
    """Replace every match in a text by one edit; return their number. Line breaks between them stay
    what they are.
    """
    places = wanted.places(area.document.lines)
    if places:
        start, end = (places[0].line, places[0].start), (places[-1].line, places[-1].end)
        between = area.document.get_text_range(start, end)
        area.history.checkpoint()
        area.replace(wanted.replaced(between, by), start, end, maintain_selection_offset=False)
        area.history.checkpoint()
    return len(places)
