"""What templates give the editor: a new configuration, or one more component of the one at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.dialogs import Entry, Picker

if TYPE_CHECKING:
    from enchanted_tui.config.insertion import Insertion
    from enchanted_tui.config.templates import Template


async def chosen_template(screen: AppScreen) -> Template | None:
    """Ask on behalf of `screen` which template a new configuration is to begin as."""
    from enchanted_tui.config.forms.new_forms import new_forms
    from enchanted_tui.config.templates import templates

    offered = [*new_forms(), *await in_thread(templates)]
    entries = [
        Entry(str(index), found.group, found.name, found.summary)
        for index, found in enumerate(offered)
    ]
    answer = await screen.app.ask(screen, Picker("A new configuration from a template", entries))
    return None if answer is None else offered[int(answer)]


async def _chosen_component(screen: AppScreen) -> tuple[str, str] | None:
    """Ask on behalf of `screen` what is to be added; return kind and name of the component."""
    from enchanted_tui.config.templates import templates

    offered = [found for found in await in_thread(templates) if found.group != "campaign"]
    entries = [
        Entry(f"{found.group} {found.name}", found.group, found.name, found.summary)
        for found in offered
    ]
    answer = await screen.app.ask(screen, Picker("Add to this configuration", entries))
    if answer is None:
        return None
    kind, name = answer.split()
    return kind, name


async def insert_component(screen: AppScreen, area: ConfigArea) -> None:
    """Ask for a component and put its lines into the text, in its section."""
    from enchanted_tui.config.assist import Assistant
    from enchanted_tui.config.insertion import insertion

    chosen = await _chosen_component(screen)
    if chosen is None:
        return
    kind, name = chosen
    found = await in_thread(lambda: insertion(Assistant(area.text), kind, name))
    if found is None:
        screen.notify(
            f"The section {kind}s is written in braces; add {name} by hand.", severity="warning"
        )
    else:
        _insert_lines(area, found)


def _insert_lines(area: ConfigArea, found: Insertion) -> None:
    """Put lines into the text, and the cursor where they begin."""
    line, text = found.line, found.text
    last = area.document.line_count - 1
    if line > last:  # the last line has no line break yet
        text = "\n" + text.removesuffix("\n")
        place = area.document.end
    else:
        place = (line, 0)
    area.insert(text, place, maintain_selection_offset=False)
    area.go_to(found.line, 0)
    area.focus()
