"""From a traceback to its source: the file in the editor, at its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editing import edit_config
from enchanted_tui.ui.widgets.chooser import Chooser

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_MOST = 40  #: places that are listed


async def open_place_in(app: AppInterface, screen: Screen[Any], text: str, base: Path) -> None:
    """Open the source file that a text names, on behalf of `screen`; where it names several places,
    ask which one. Relative names begin at `base`.
    """
    from enchanted_tui.views.code_places import code_places

    places = (await in_thread(code_places, text, base))[:_MOST]
    if not places:
        app.notify("This text names no line of a file that is here.", timeout=3)
        return
    chosen: int | None = 0
    if len(places) > 1:
        titles = [place.title for place in places]
        chosen = await app.ask(screen, Chooser("Open which place? The last comes first.", titles))
    if chosen is not None:
        edit_config(app, places[chosen].path, line=places[chosen].line)
